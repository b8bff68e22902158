"""The edits that every file of the corpus goes through, and what each may change in its text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aft_access.contract import AccessDeclaration, Grant
from aftgen.editing import grants
from aftgen.editing.base import Base
from aftgen.editing.edit import Edited, edit
from aftgen.editing.rename import rename
from aftgen.editing.wanted import Wanted, declaration_of
from aftgen.reader.folder import read
from aftgen.reader.model import CHANGE_MANAGEMENT, CONTROL_TOWER, CUSTOM_FIELDS, TAGS, Request, RequestFolder
from aftgen.repository import Repository

CORPUS = Path(__file__).parent / "corpus"
FILES = {path.stem: path.read_bytes() for path in sorted(CORPUS.glob("*.tf"))}
OU = "Dev (ou-ab12-wldev001)"
REASON = 'say "hi" \\ ${x} %{y} # no\n= {'


@dataclass(frozen=True, slots=True)
class Work:
    """A repository with one file of the corpus in it."""

    repository: Repository
    folder: RequestFolder
    request: Request

    @property
    def base(self) -> Base:
        """As if all of it were merged."""
        return Base(revision="x", folder=self.folder)


def work(root: Path, content: bytes, name: str = "payments") -> Work:
    """The folder is made once; each call puts other content into its file."""
    requests = root / "terraform"
    requests.mkdir(exist_ok=True)
    (requests / f"{name}.tf").write_bytes(content)
    repository = Repository(root=root, requests=requests)
    folder = read(repository)
    return Work(repository, folder, next(one for one in folder.requests if one.label == "payments"))


def _entries(argument: str, **values: str | None) -> Callable[[Work], Edited | None]:
    """Sets entries; None (not applicable) where one is to go that is not there."""

    def run(work: Work) -> Edited | None:
        named = {key.replace("_", "-") if argument == TAGS else key: value for key, value in values.items()}
        held = work.request.value(argument)
        for key, value in named.items():
            if value is None and isinstance(held, dict) and key not in held:
                return None
        return edit(work.repository, work.folder, work.request, Wanted(entries={argument: named}))

    return run


def _access(
    change: Callable[[AccessDeclaration], AccessDeclaration | None],
) -> Callable[[Work], Edited | None]:
    def run(work: Work) -> Edited | None:
        wanted = change(declaration_of(work.request) or AccessDeclaration())
        if wanted is None:
            return None
        return edit(work.repository, work.folder, work.request, Wanted(access=wanted))

    return run


def _grant(text: str) -> Callable[[Work], Edited | None]:
    given = Grant.parse(text)
    return _access(lambda held: AccessDeclaration(grants=(*held.grants, given), retired=held.retired))


def _revoke(text: str) -> Callable[[Work], Edited | None]:
    gone = Grant.parse(text)

    def change(held: AccessDeclaration) -> AccessDeclaration | None:
        if gone not in held.grants:
            return None
        return AccessDeclaration(
            grants=tuple(one for one in held.grants if one != gone), retired=held.retired
        )

    return _access(change)


def _no_grants(work: Work) -> Edited | None:
    wanted = grants.changed(work.request, {}, {}, none=True)
    return edit(work.repository, work.folder, work.request, Wanted(access=wanted))


#: Name to what it does; the result is None where the file has nothing for it.
EDITS: Mapping[str, Callable[[Work], Edited | None]] = {
    "ou": _entries(CONTROL_TOWER, ManagedOrganizationalUnit=OU),
    "reason": _entries(CHANGE_MANAGEMENT, change_reason=REASON),
    "tag-new": _entries(TAGS, a_new_tag_key="new"),
    "tag-change": _entries(TAGS, env="production"),
    "tag-gone": _entries(TAGS, env=None),
    "field-new": _entries(CUSTOM_FIELDS, budget="10"),
    "field-change": _entries(CUSTOM_FIELDS, team="other"),
    "field-gone": _entries(CUSTOM_FIELDS, team=None),
    "grant-set": _grant("ReadOnlyAccess:group:auditors"),
    "grant-principal": _grant("AdministratorAccess:group:platform-admins"),
    "revoke-principal": _revoke("AdministratorAccess:user:ada@example.com"),
    "revoke-set": _revoke("ViewOnlyAccess:group:ops"),
    "no-grants": _no_grants,
    "retire": _access(lambda _: AccessDeclaration(retired=True)),
    "customization": lambda work: edit(
        work.repository, work.folder, work.request, Wanted(customization="sandbox")
    ),
    "label": lambda work: rename(work.repository, work.folder, work.request, "payments-prod", work.base),
}

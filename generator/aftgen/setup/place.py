"""Decides what a set-up writes, and writes it: :func:`plan`, then :func:`write`.

In a clone the example organization's files are replaced, and only while they are the example; an empty folder
gets everything. Nothing else is ever overwritten.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aftgen import __version__
from aftgen.config_file import load_config, load_organization
from aftgen.errors import AftgenError, Problems, Refused
from aftgen.repository import CONFIG_NAME, Repository
from aftgen.schemas import schemas
from aftgen.setup import examples, texts, trees
from aftgen.setup.answers import Answers

#: These must be the example's: without them there is nothing to set up.
_REQUIRED = ("aftgen.yaml", "global-customizations/organization.yaml")
REQUIREMENTS = ".github/aftgen-requirements.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file: its path in the repository, its content, and whether it takes the place of the example's."""

    path: str
    content: bytes
    executable: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is written, and the files that are the organization's own already and stay."""

    files: tuple[Written, ...]
    kept: tuple[str, ...] = ()


def plan(root: Path, answers: Answers) -> Setup:
    """What a set-up of ``root`` writes. Raises Refused where there is something else than a fresh clone."""
    made = texts.make(answers)
    _read_back(made, answers)
    if (root / CONFIG_NAME).exists():
        return _clone(root, made, answers)
    if root.exists() and not root.is_dir():
        raise Refused(f"{root} is not a folder")
    there = sorted(entry.name for entry in root.iterdir() if entry.name != ".git") if root.exists() else []
    if there:
        raise Refused(
            f"{root} is not empty ({', '.join(there[:3])}{', …' if len(there) > 3 else ''}) "
            f"and has no {CONFIG_NAME}",
            hint="run 'aftgen init' in an empty folder or in a clone of aftgen's repository",
        )
    return _new(made, answers)


def refuse_if_not_possible(root: Path) -> None:
    """Refuse before anybody answers questions. Raises as :func:`plan` does."""
    plan(root, _ANY)


def write(root: Path, setup: Setup) -> None:
    """Write what was planned. Raises AftgenError when a file cannot be; new files are then gone again."""
    done: list[Path] = []
    try:
        for file in setup.files:
            target = root / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            done.append(part)
            part.write_bytes(file.content)
            part.chmod(0o755 if file.executable else 0o644)
            part.replace(target)
            done[-1:] = [] if file.replaces else [target]
    except OSError as error:
        for path in done:
            with suppress(OSError):
                path.unlink()
        raise AftgenError(f"{error.filename or root} cannot be written: {error.strerror or error}") from error


def _clone(root: Path, made: dict[str, str], answers: Answers) -> Setup:
    found: list[Written] = []
    kept: list[str] = []
    problems: list[str] = []
    for path, text in made.items():
        file = root / path
        if not file.exists() or examples.is_example(path, file.read_bytes()):
            found.append(Written(path=path, content=text.encode(), replaces=file.exists()))
        elif path in _REQUIRED:
            problems.append(f"{path} is not the example any more")
        else:
            kept.append(path)
    if problems:
        raise Problems(
            "this repository is set up already",
            problems,
            hint="edit these files; 'aftgen check' says whether they are right",
        )
    guardrails = root / texts.GUARDRAILS
    if guardrails.is_file():
        content = guardrails.read_bytes()
        if examples.is_example(texts.GUARDRAILS, content):
            new = texts.unattached(content.decode()).encode()
            found.append(Written(path=texts.GUARDRAILS, content=new, replaces=True))
        else:
            kept.append(texts.GUARDRAILS)
    codeowners = root / texts.CODEOWNERS
    if codeowners.is_file():
        text = codeowners.read_text("utf-8")
        if texts.EXAMPLE_OWNER in text:
            new = texts.owners(text, answers).encode()
            found.append(Written(path=texts.CODEOWNERS, content=new, replaces=True))
        else:
            kept.append(texts.CODEOWNERS)
    return Setup(files=tuple(found), kept=tuple(kept))


def _new(made: dict[str, str], answers: Answers) -> Setup:
    contents: dict[str, tuple[bytes, bool]] = {}
    for path, file in trees.shipped():
        content = file.read_bytes()
        if path == texts.CODEOWNERS:
            content = texts.owners(content.decode(), answers).encode()
        if path == texts.GUARDRAILS:
            content = texts.unattached(content.decode()).encode()
        contents[path] = content, os.access(file, os.X_OK) or path.endswith(".sh")
    contents |= {path: (text.encode(), False) for path, text in made.items()}
    contents |= {f"schemas/{name}": (text.encode(), False) for name, text in schemas().items()}
    contents[REQUIREMENTS] = _REQUIREMENTS.encode(), False
    return Setup(
        files=tuple(
            Written(path=path, content=content, executable=executable)
            for path, (content, executable) in sorted(contents.items())
        )
    )


_REQUIREMENTS = f"""\
# What the workflows install: this version from your own package index, or a wheel that lies in this
# repository (a path here), with hashes ('--require-hashes') where you can.
aftgen=={__version__}
"""


def _read_back(made: dict[str, str], answers: Answers) -> None:
    """What is written must load, and say what was answered."""
    with TemporaryDirectory(prefix="aftgen-init-") as scratch:
        root = Path(scratch)
        for path, text in made.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        repository = Repository(root=root, requests=root / "account-requests" / "terraform")
        config, organization = load_config(repository), load_organization(repository)
    user = config.defaults.sso_user
    assert user is not None
    assert (user.email, user.first_name, user.last_name) == (
        answers.sso_email,
        answers.sso_first_name,
        answers.sso_last_name,
    )
    assert (config.defaults.email, config.publish.repository) == (answers.email, answers.repository)
    assert dict(organization.ous) == dict(answers.ous)


_ANY = Answers(
    email="a+{name}@example.com",
    sso_email="a@example.com",
    sso_first_name="A",
    sso_last_name="B",
    home_region="eu-west-1",
    repository="a/b",
    owners="@a/b",
    ous={},
)


def next_steps(files: Sequence[Written]) -> str:
    """What a person does after a set-up."""
    fresh = not any(file.replaces for file in files)
    return (
        "Next: read what was written, then\n"
        + ("  git init --initial-branch main\n" if fresh else "")
        + "  aftgen check\n  git add --all\n  git commit -m 'Set up the organization'\n"
        "docs/adopt.md of aftgen's repository says what comes before the first account."
    )

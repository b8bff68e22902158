"""From completed requests to files that may be written: validated whole before the first of them is.

The stages, in order: every problem of every request; clashes among them and with the folder; each rendered
and read back; each compared with what is on disk. Nothing here writes: :func:`aftgen.placement.write` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aftgen import placement
from aftgen.errors import Problems, Refused
from aftgen.inputs import clashes
from aftgen.inputs.complete import Completed
from aftgen.placement import Outcome, PlannedFile
from aftgen.reader.folder import read
from aftgen.reader.model import Request, RequestFolder
from aftgen.repository import Repository
from aftgen.request import AccountRequest
from aftgen.writer import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One request, its file's text, and what would happen to the file.

    ``held_at`` is the place of an existing request that asks for exactly the same in another file.
    """

    request: AccountRequest
    path: Path
    text: str
    file: PlannedFile | None
    held_at: str | None = None

    @property
    def outcome(self) -> Outcome:
        return self.file.outcome if self.file else Outcome.IDENTICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The requests in their order, and how many existing ones could not be compared with them."""

    prepared: tuple[Prepared, ...]
    not_compared: int

    def with_outcome(self, outcome: Outcome) -> list[Prepared]:
        return [one for one in self.prepared if one.outcome is outcome]


def prepare(completed: Sequence[Completed], repository: Repository, *, overwrite: bool = False) -> Batch:
    """Raises Problems with everything that is wrong, Refused where the folder cannot be written to."""
    problems = [
        problem
        for one in completed
        for problem in (*one.problems, *(f"{one.given.place(())}: {name} is missing" for name in one.missing))
    ]
    if problems:
        raise Problems(_summary(problems), problems)
    new = [
        clashes.New(one.request, one.given.place(("name",))) for one in completed if one.request is not None
    ]
    folder = read(repository)
    held = _held(new, folder)
    targets = {f"{folder.path}/{one.request.file_name}" for one in new}
    others = [one for one in new if one.request.email not in held]
    owners = list(clashes.existing_owners(folder, targets))
    problems = clashes.problems(others, owners)
    problems += _dropped(others, folder) if overwrite else []
    if problems:
        raise Problems(_summary(problems), problems)
    texts = {one.request.file_name: render(one.request) for one in new}
    planned = {
        file.path.name: file
        for file in placement.plan(
            repository,
            {one.request.file_name: texts[one.request.file_name] for one in others},
            overwrite=overwrite,
        )
    }
    return Batch(
        prepared=tuple(
            Prepared(
                request=one.request,
                path=repository.requests / one.request.file_name,
                text=texts[one.request.file_name],
                file=planned.get(one.request.file_name),
                held_at=held.get(one.request.email),
            )
            for one in new
        ),
        not_compared=sum(1 for found in folder.requests if found.email is None or found.name is None)
        + sum(1 for file in folder.files if file.problems)
        + len(folder.unreadable),
    )


def _held(new: Sequence[clashes.New], folder: RequestFolder) -> dict[str, str]:
    """Email to place of the new requests that another file than their own holds already."""
    by_email: dict[str | None, list[Request]] = {}
    for found in folder.requests:
        by_email.setdefault(found.email, []).append(found)
    held = {}
    for one in new:
        target = f"{folder.path}/{one.request.file_name}"
        holder = clashes.holder_of(one.request, by_email.get(one.request.email, ()))
        if holder is not None and holder.path != target:
            held[one.request.email] = clashes.place_of(holder)
    return held


def _dropped(new: Sequence[clashes.New], folder: RequestFolder) -> list[str]:
    """Requests of other accounts that an overwritten file would take away, and AFT with it the account."""
    problems = []
    for one in new:
        target = f"{folder.path}/{one.request.file_name}"
        for found in folder.requests:
            if found.path == target and (found.email or "").lower() != one.request.email.lower():
                who = found.email or "an account whose email is not a literal"
                problems.append(
                    f"{one.place}: overwriting {clashes.place_of(found)} would drop the request of {who}"
                )
    return problems


def _summary(problems: Sequence[str]) -> str:
    many = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"nothing was written: {many} in what was asked for"


def refuse_conflicts(batch: Batch, repository: Repository) -> None:
    """Raise Refused when a file exists with other content; ``--overwrite`` would have replaced it."""
    conflicts = batch.with_outcome(Outcome.CONFLICT)
    if conflicts:
        shown = ", ".join(repository.relative(one.path) for one in conflicts[:5])
        more = f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else ""
        raise Refused(
            f"nothing was written: other content than asked for is in {shown}{more}",
            hint="edit the file, or replace it with --overwrite",
        )

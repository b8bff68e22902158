"""What a repository has already, read so that no account gets a second request."""

from aftgen.adoption.adopt import Taken
from aftgen.changes.load import side
from aftgen.errors import Problems
from aftgen.reader.folder import read
from aftgen.repository import Repository


def taken(repository: Repository) -> tuple[Taken, tuple[str, ...]]:
    """The repository's requests, and the addresses of those that nobody could evaluate.

    Raises Problems where a file cannot be read: it may hold any account's request.
    """
    folder = read(repository)
    unreadable = [f"{one.path}: {one.why}" for one in folder.unreadable]
    unreadable += [f"{file.source.path}: it cannot be parsed" for file in folder.files if file.problems]
    if unreadable:
        raise Problems(
            "which accounts have a request is not known: files cannot be read; nothing was written",
            unreadable[:20],
            hint="'aftgen check' says what is wrong with them",
        )
    found = side(repository, folder)
    labels = (
        block.labels[0].text for file in folder.files for block in file.body.of_type("module") if block.labels
    )
    present = repository.requests.iterdir() if repository.requests.is_dir() else ()
    return (
        Taken(
            rows=tuple(found.rows.values()),
            labels=frozenset(labels),
            files=frozenset(path.name for path in present if path.suffix == ".tf"),
        ),
        tuple(f"{one.address} ({one.place})" for one in found.unevaluated),
    )

"""Why a place cannot be edited, with what to write there by hand."""

from aftgen.errors import Refused
from aftgen.hcl.nodes import File


class CannotEdit(Refused):
    """What stands here cannot be edited without changing more than was asked for; nothing was written."""


def cannot(file: File, at: int, why: str, write: str = "") -> CannotEdit:
    """A refusal at a byte offset; ``write`` is the text that would have been written."""
    position = file.source.position(at)
    return CannotEdit(
        f"{why}; nothing was written",
        place=f"{file.source.path}:{position.line}:{position.column}",
        hint=f"edit it by hand. What was asked for: {write}" if write else "edit it by hand",
    )

"""pydantic's errors in the words of this project: the place, what is wrong there, and the nearest name."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from aftgen.errors import nearest
from aftgen.source_tree import Path

_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    type(None): "nothing",
}
_WANTED = {
    "string_type": "text",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "list_type": "a list",
    "bool_type": "true or false",
    "int_type": "a whole number",
}


def explain(error: ValidationError, model: type[BaseModel], place: Callable[[Path], str]) -> list[str]:
    """One line for each problem, in the order of the file's fields: ``place: key: what is wrong``."""
    return [f"{place(path)}: {message}" for path, message in problems(error, model)]


def problems(error: ValidationError, model: type[BaseModel]) -> list[tuple[Path, str]]:
    """Each problem with the path of its value."""
    found = []
    for detail in error.errors(include_url=False, include_context=True):
        path: Path = tuple(detail["loc"])
        found.append((path, _message(detail["type"], detail, path, model)))
    return found


def _message(kind: str, detail: Any, path: Path, model: type[BaseModel]) -> str:
    name = ".".join(str(step) for step in path if step != "[key]")
    given = detail["input"]
    if kind == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        close = nearest(str(path[-1]), known)
        return f"{name!r} is not known here" + (
            f": did you mean {close!r}?" if close else f"; known are {', '.join(known)}"
        )
    if kind == "missing":
        return f"{name} is missing"
    if kind in _WANTED:
        return f"{name or 'this'} must be {_WANTED[kind]}, not {_KINDS.get(type(given), 'something else')}"
    if kind == "literal_error":
        return f"{name} must be {detail['ctx']['expected']}, not {given!r}"
    if kind == "value_error":
        return f"{name}: {detail['msg'].removeprefix('Value error, ')}"
    message = detail["msg"]
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The fields of the model that a path leads to, as far as models go."""
    current: Any = model
    for step in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            if isinstance(step, int):
                continue  # the place in a list: its item's model was taken from the annotation already
            found = current.model_fields.get(str(step))
            current = found.annotation if found else None
        else:
            arguments = getattr(current, "__args__", ())
            current = arguments[-1] if arguments else None
        current = _model_in(current)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """``X`` of ``X | None``."""
    arguments = [item for item in getattr(annotation, "__args__", ()) if item is not type(None)]
    return arguments[0] if len(arguments) == 1 else annotation

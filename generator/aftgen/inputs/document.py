"""Account requests from YAML or JSON: one mapping, or a list of them."""

from collections.abc import Callable

from aftgen import source_tree, yaml_text
from aftgen.errors import UsageError
from aftgen.inputs import json_text
from aftgen.inputs.raw import Given, InvalidInput, given
from aftgen.inputs.source import Source
from aftgen.limits import normalise


def read(source: Source) -> list[Given]:
    """What the document gives, in its order. Raises UsageError or InvalidInput (all problems at once)."""
    try:
        # Normalised before it is read, so that two spellings of one key are one key.
        text = normalise(source.text)
        tree = json_text.read(text) if source.format == "json" else yaml_text.read(text)
    except source_tree.NotReadable as error:
        raise UsageError(error.message, place=f"{source.shown}:{error.line}:{error.column}") from None
    if tree is None or (isinstance(tree, source_tree.List) and not tree.items):
        raise UsageError("the input holds no request", place=source.shown)
    if isinstance(tree, source_tree.Scalar):
        raise UsageError(
            "the input is not a request",
            place=f"{source.shown}:{tree.line}:{tree.column}",
            hint="write a mapping (name: payments-prod, …) or a list of them",
        )
    found: list[Given] = []
    problems: list[str] = []
    for node in tree.items if isinstance(tree, source_tree.List) else (tree,):
        try:
            found.append(given(source_tree.plain(node), _places(source.shown, node)))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return found


def _places(shown: str, node: source_tree.Node) -> Callable[[source_tree.Path], str]:
    def place(path: source_tree.Path) -> str:
        line, column = source_tree.at(node, path)
        return f"{shown}:{line}:{column}"

    return place

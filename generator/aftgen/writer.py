"""Renders account requests into files that mean exactly what was asked. The only user of jinja2 for requests.

A request becomes text by one template and one quoting filter. The text is then read back by python-hcl2, a
parser that shares no code with what wrote it, and compared with the request; only what came back equal is
handed on. :mod:`aftgen.placement` puts it on disk.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import overload

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from aftgen.adoption.claims import CLAIM
from aftgen.hcl import text
from aftgen.repository import REQUEST_MODULE_SOURCE
from aftgen.request import ACCESS_FIELD, AccountRequest

#: Columns before a permission set's name: the nesting of custom_fields, access and grants.
_GRANT_INDENT = 8


class MeaningChanged(Exception):
    """A rendered file does not read back as the request it was made from: a bug, so nothing is written."""


def render(request: AccountRequest) -> str:
    """The request's file, as ``terraform fmt`` would leave it. The same text for the same request.

    Raises MeaningChanged when python-hcl2 reads anything else in it than the request.
    """
    from aftgen.readback import item_in

    rendered = _template().render(
        request=request,
        source=REQUEST_MODULE_SOURCE,
        tags=dict(sorted(request.tags.items())),
        custom_fields=_custom_fields(request),
        comments=_comments(request),
    )
    read = item_in(rendered, label=request.label, source=REQUEST_MODULE_SOURCE)
    if read != request.item():
        raise MeaningChanged(f"{request.file_name} reads back as {read!r} instead of {request.item()!r}")
    return rendered


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = _quoted
    environment.filters["object"] = text.mapping
    return environment.get_template("request.tf.jinja")


def _source(name: str) -> str:
    return files("aftgen").joinpath("templates", name).read_text(encoding="utf-8")


@overload
def _quoted(value: str) -> str: ...
@overload
def _quoted(value: Mapping[str, str]) -> dict[str, str]: ...
def _quoted(value: str | Mapping[str, str]) -> str | dict[str, str]:
    """The one quoting filter: a text, or each value of a mapping."""
    if isinstance(value, str):
        return text.quote(value)
    return {name: text.quote(item) for name, item in value.items()}


def _comments(request: AccountRequest) -> list[str]:
    """The lines at the head of the block; what would end a comment is shown as an escape."""
    lines = [f"{CLAIM}={request.account_id}"] if request.account_id else []
    return [
        "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)
        for line in (*lines, *request.comments)
    ]


def _custom_fields(request: AccountRequest) -> dict[str, str]:
    """Custom fields as HCL, in the order of their names; the access declaration, the longest, is the last."""
    fields = _quoted(dict(sorted(request.custom_fields.items())))
    if request.access is not None:
        fields[ACCESS_FIELD] = _access(request)
    return fields


def _access(request: AccountRequest) -> str:
    from aft_access.contract import VERSION, by_permission_set

    assert request.access is not None
    grants = {
        name: text.texts(map(str, principals), before=_GRANT_INDENT + len(name) + 3)
        for name, principals in by_permission_set(request.access.grants).items()
    }
    declaration = {"version": str(VERSION), "grants": text.mapping(grants)}
    if request.access.retired:
        declaration["retired"] = "true"
    return f"jsonencode({text.mapping(declaration)})"

"""A request's access declaration, edited where it stands: one principal, one permission set, ``retired``."""

from collections.abc import Sequence

from aft_access.contract import VERSION, AccessDeclaration, Principal, by_permission_set

from aftgen.editing.block import BlockEditor, is_literal, key_of
from aftgen.editing.containers import Container
from aftgen.editing.layout import Splice
from aftgen.editing.refusal import cannot
from aftgen.hcl import text as hcl_text
from aftgen.hcl.nodes import Call, Constant, Expr, Item, Object, Tuple
from aftgen.reader.model import CUSTOM_FIELDS
from aftgen.request import ACCESS_FIELD

#: Columns before a permission set's name where a declaration is written anew.
_GRANT_INDENT = 8


def rendered(declaration: AccessDeclaration) -> str:
    """The declaration as ``jsonencode({…})``, in the layout that 'aftgen new' gives it."""
    grants = {
        name: hcl_text.texts(map(str, principals), before=_GRANT_INDENT + len(name) + 3)
        for name, principals in by_permission_set(declaration.grants).items()
    }
    content = {"version": str(VERSION), "grants": hcl_text.mapping(grants)}
    if declaration.retired:
        content["retired"] = "true"
    return f"jsonencode({hcl_text.mapping(content)})"


def set_declaration(editor: BlockEditor, before: AccessDeclaration | None, wanted: AccessDeclaration) -> None:
    """From one declaration to another with the fewest changes. Raises CannotEdit."""
    if before == wanted:
        return
    value = editor.entry(CUSTOM_FIELDS, ACCESS_FIELD)
    if value is None or isinstance(value, Constant):
        # A JSON text has no places to edit: it is written again.
        editor.set_rendered(CUSTOM_FIELDS, ACCESS_FIELD, rendered(wanted))
        return
    old = by_permission_set(before.grants) if before else {}
    new = by_permission_set(wanted.grants)
    if old != new and not new:
        _replace_value(editor, "grants", "{}")
    else:
        for name in [name for name in old if name not in new]:
            _remove(editor, name, wanted)
        for name, principals in new.items():
            _principals(editor, name, old.get(name, ()), principals, wanted)
    if (before.retired if before else False) != wanted.retired:
        _replace_value(editor, "retired", "true" if wanted.retired else "false")


def _declaration(editor: BlockEditor, wanted: AccessDeclaration) -> Object:
    value = editor.entry(CUSTOM_FIELDS, ACCESS_FIELD)
    assert value is not None
    if isinstance(value, Call) and value.name == "jsonencode" and len(value.arguments) == 1:
        (inner,) = value.arguments
        if isinstance(inner, Object) and all(key_of(item.key) is not None for item in inner.items):
            return inner
    write = hcl_text.key(ACCESS_FIELD) + " = " + rendered(wanted)
    raise cannot(
        editor.file, value.start, "the access declaration is not a jsonencode({…}) of its own", write
    )


def _grants(editor: BlockEditor, wanted: AccessDeclaration) -> Object:
    item = _item(_declaration(editor, wanted), "grants")
    value = item.value if item else None
    if isinstance(value, Object) and all(key_of(one.key) is not None for one in value.items):
        return value
    at = value.start if value else _declaration(editor, wanted).start
    raise cannot(editor.file, at, "the grants are an expression", rendered(wanted))


def _item(found: Object, key: str) -> Item | None:
    return next((item for item in reversed(found.items) if key_of(item.key) == key), None)


def _replace_value(editor: BlockEditor, key: str, text: str) -> None:
    """``grants`` or ``retired`` of the declaration becomes another value."""
    found = _declaration(editor, AccessDeclaration())
    item = _item(found, key)
    if item is None:
        editor.insert_into(found, key, text)
        return
    if not is_literal(item.value):
        raise cannot(editor.file, item.value.start, "the value is an expression", f"{key} = {text}")
    editor.splice([Splice(item.value.start, item.value.end, text.encode())])


def _remove(editor: BlockEditor, name: str, wanted: AccessDeclaration) -> None:
    found = _grants(editor, wanted)
    numbers = [number for number, item in enumerate(found.items) if key_of(item.key) == name]
    editor.splice(Container.of(editor.text, found).removed(numbers))


def _principals(
    editor: BlockEditor,
    name: str,
    old: Sequence[Principal],
    new: Sequence[Principal],
    wanted: AccessDeclaration,
) -> None:
    """One permission set's list: the new ones at its end, the others taken out."""
    if set(old) == set(new):
        return
    found = _grants(editor, wanted)
    item = _item(found, name)
    if item is None:
        editor.insert_into(found, name, hcl_text.texts(map(str, new), before=_GRANT_INDENT + len(name) + 3))
        return
    gone = {str(one) for one in old if one not in new}
    added = [str(one) for one in new if one not in old]
    write = f"{hcl_text.key(name)} = {hcl_text.texts(map(str, new))}"
    if added:
        container = Container.of(editor.text, _list(editor, item.value, write))
        editor.splice(
            container.inserted([hcl_text.quote(one) for one in added], inline=False, unit=editor.unit())
        )
    if gone:
        current = _item(_grants(editor, wanted), name)
        assert current is not None
        principals = _list(editor, current.value, write)
        numbers = [number for number, one in enumerate(principals.items) if key_of(one) in gone]
        editor.splice(Container.of(editor.text, principals).removed(numbers))


def _list(editor: BlockEditor, value: Expr, write: str) -> Tuple:
    if isinstance(value, Tuple) and all(key_of(item) is not None for item in value.items):
        return value
    raise cannot(editor.file, value.start, "the principals are an expression", write)

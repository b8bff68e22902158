"""What an expression is, where that is plain to see: literals, templates, ``local`` and ``var`` references,
``jsonencode`` and ``merge``.

Everything else is :class:`Unknown` with the construct as its reason; :mod:`aftgen.evaluate` asks Terraform
for those. The rule for adding a function here: its result must be the same as Terraform's for every argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aftgen.hcl import nodes
from aftgen.hcl.values import Unknown, Value, is_known, json_text, number, to_string
from aftgen.limits import normalise

#: Locals that refer to locals are followed this far: a longer chain would exhaust Python's stack.
_LOCALS_DEEP = 50


@dataclass
class Scope:
    """The names of one Terraform module: its locals (evaluated when first asked for) and its variables."""

    locals: Mapping[str, nodes.Expr] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)
    _values: dict[str, Value] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def local(self, name: str) -> Value:
        if name in self._values:
            return self._values[name]
        if name not in self.locals:
            return Unknown(f"local.{name}, which is not defined")
        if len(self._open) >= _LOCALS_DEEP:
            return Unknown(f"local.{name}, many locals deep")
        if name in self._open:
            return Unknown(f"local.{name}, which refers to itself")
        self._open.add(name)
        try:
            value = evaluate(self.locals[name], self)
        finally:
            self._open.discard(name)
        self._values[name] = value
        return value

    def variable(self, name: str) -> Value:
        return self.variables.get(name, Unknown(f"var.{name}"))


def evaluate(expr: nodes.Expr, scope: Scope) -> Value:
    """The value of an expression, with unknowns where it depends on something that only Terraform knows."""
    try:
        return _evaluate(expr, scope)
    except RecursionError:
        return Unknown("an expression that is nested too deeply")


def _evaluate(expr: nodes.Expr, scope: Scope) -> Value:
    match expr:
        case nodes.Constant(value=value):
            return value
        case nodes.Numeral(text=text):
            return number(text)
        case nodes.Object():
            return _object(expr, scope)
        case nodes.Tuple(items=items):
            return [evaluate(item, scope) for item in items]
        case nodes.Template(parts=parts):
            return _template(parts, scope)
        case nodes.Reference():
            return _reference(expr, scope)
        case nodes.Call():
            return _call(expr, scope)
        case nodes.Opaque(kind=kind):
            return Unknown(_OPAQUE.get(kind, "an expression"))
    return Unknown("an expression")


_OPAQUE = {
    "for_object_expr": "a for expression",
    "for_tuple_expr": "a for expression",
    "conditional": "a conditional",
    "operation": "an operation",
    "heredoc_template": "a template",
    "quoted_template": "a template directive",
    "ambiguous_template": "a template that can be read in two ways",
}


def _object(expr: nodes.Object, scope: Scope) -> Value:
    result: dict[str, Value] = {}
    for item in expr.items:
        key = to_string(evaluate(item.key, scope))
        if not isinstance(key, str):
            return key if isinstance(key, Unknown) else Unknown("a key that is not a string")
        result[key] = evaluate(item.value, scope)
    return result


def _template(parts: tuple[str | nodes.Expr, ...], scope: Scope) -> Value:
    if len(parts) == 1 and not isinstance(parts[0], str):
        # "${x}" alone is x itself, whatever its type.
        return evaluate(parts[0], scope)
    texts = []
    for part in parts:
        value = part if isinstance(part, str) else to_string(evaluate(part, scope))
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, str):
            return Unknown("a template of something that is not text")
        texts.append(value)
    return normalise("".join(texts))


def _reference(expr: nodes.Reference, scope: Scope) -> Value:
    steps = expr.steps
    if expr.root not in ("local", "var") or not steps or not isinstance(steps[0], str):
        shown = {"each": "for_each", "count": "count", "path": "path"}.get(expr.root)
        return Unknown(shown or ".".join([expr.root, *map(str, steps)]))
    value = scope.local(steps[0]) if expr.root == "local" else scope.variable(steps[0])
    for step in steps[1:]:
        if isinstance(value, Unknown):
            return value
        in_map = isinstance(value, dict) and isinstance(step, str) and step in value
        if in_map or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            value = value[step]
        else:
            return Unknown(f"{expr.root}.{'.'.join(map(str, steps))}")
    return value


def _call(expr: nodes.Call, scope: Scope) -> Value:
    if expr.expands_last:
        return Unknown(f"{expr.name}()")
    if expr.name == "jsonencode" and len(expr.arguments) == 1:
        value = evaluate(expr.arguments[0], scope)
        return json_text(value) if is_known(value) else Unknown("jsonencode() of something not known")
    if expr.name == "merge" and expr.arguments:
        merged: dict[str, Value] = {}
        for argument in expr.arguments:
            value = evaluate(argument, scope)
            if not isinstance(value, dict):
                return value if isinstance(value, Unknown) else Unknown("merge()")
            merged.update(value)
        return merged
    return Unknown(f"{expr.name}()")

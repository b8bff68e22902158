"""Which paths an expression can stand for, where that is a finite set that can be known without Terraform.

A file function is allowed only when every path that it could open is known here and lies inside the
repository. So this is deliberately narrow: literals, ``path.module``, and names bound to ``fileset`` or to
literal lists. Everything else is None: not known, not opened.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from posixpath import normpath, relpath

from aftgen.evaluate.functions import FILESET, name_without_namespace
from aftgen.evaluate.modules import LOCAL, VARIABLE, Instance
from aftgen.hcl.nodes import Call, Constant, Expr, File, Object, Opaque, Reference, Template, Tuple

#: More candidates than this are not worked out.
_MAX_TEXTS = 20_000
_MAX_DEPTH = 20
#: Not content of the repository; what they hold depends on the machine.
_TOOL_FOLDERS = frozenset({".git", ".terraform"})
_GLOB = re.compile(r"[*?\[\]{}\\]")

Texts = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Members:
    """What a loop over a collection binds: the possible keys and the possible values (None: not known)."""

    keys: Texts = None
    values: Texts = None


_NOTHING_KNOWN = Members()
Bound = Mapping[str, Members | Texts]


class PathReader:
    """Works out paths for the modules of one repository. Paths are relative to the root request folder.

    ``own_files`` are those that only the sandbox will have, as paths in the repository.
    """

    def __init__(self, root: Path, start: str, own_files: Iterable[str]) -> None:
        self.root = root
        self.start = start
        self.own_files = tuple(own_files)
        self._depth = 0

    def texts(self, expr: Expr, file: File, instance: Instance, bound: Bound) -> Texts:
        """Every text that an expression could be, or None."""
        match expr:
            case Constant(value=str(value)):
                return frozenset({value}) if _is_plain(expr, file) else None
            case Template(parts=parts):
                return self._joined(parts, file, instance, bound)
            case Reference(root=root) if root in bound:
                known = bound[root]
                return known if isinstance(known, frozenset) and not expr.steps else None
            case Reference(root="path", steps=("module",)):
                return frozenset({relpath(instance.folder.path, self.start)})
            case Reference(root="path", steps=("root" | "cwd",)):
                return frozenset({"."})
            case Reference(root="each", steps=("key" | "value" as step,)):
                each = bound.get("each.")
                if isinstance(each, Members):
                    return each.keys if step == "key" else each.values
                return None
            case Reference(root="local", steps=(str(name),)):
                return self._local_texts(name, instance)
            case Reference(root="var", steps=(str(name),)):
                return self._variable_texts(name, instance)
        return None

    def _joined(self, parts: tuple[str | Expr, ...], file: File, instance: Instance, bound: Bound) -> Texts:
        choices: list[frozenset[str]] = []
        size = 1
        for part in parts:
            known = frozenset({part}) if isinstance(part, str) else self.texts(part, file, instance, bound)
            if known is None or (isinstance(part, str) and ("\\" in part or "{" in part)):
                return None
            size *= len(known)
            if size > _MAX_TEXTS:
                return None
            choices.append(known)
        return frozenset("".join(texts) for texts in product(*choices))

    def _local_texts(self, name: str, instance: Instance) -> Texts:
        found = instance.folder.named(LOCAL, name)
        if len(found) != 1 or self._depth > _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            return self.texts(found[0].attributes[name].value, found[0].file, instance, {})
        finally:
            self._depth -= 1

    def _variable_texts(self, name: str, instance: Instance) -> Texts:
        given = instance.call.attributes.get(name) if instance.call else None
        if given is None or instance.call is None or instance.parent is None or self._depth > _MAX_DEPTH:
            return None
        if len(instance.folder.named(VARIABLE, name)) != 1:
            return None
        self._depth += 1
        try:
            bound = self.each_of(instance.call.attributes, instance.call.file, instance.parent)
            return self.texts(given.value, instance.call.file, instance.parent, bound)
        finally:
            self._depth -= 1

    def each_of(self, attributes: Mapping[str, object], file: File, instance: Instance) -> Bound:
        """What ``each`` is bound to in a block with a ``for_each``."""
        for_each = getattr(attributes.get("for_each"), "value", None)
        if for_each is None:
            return {}
        return {"each.": self.members(for_each, file, instance, {})}

    def members(self, expr: Expr, file: File, instance: Instance, bound: Bound) -> Members:
        """What a loop over this expression's value binds."""
        match expr:
            case Tuple(items=items):
                return Members(None, _union([self.texts(item, file, instance, bound) for item in items]))
            case Object(items=items):
                keys = [self.texts(item.key, file, instance, bound) for item in items]
                values = [self.texts(item.value, file, instance, bound) for item in items]
                return Members(_union(keys), _union(values))
            case Call(expands_last=False):
                return self._members_of_call(expr, file, instance, bound)
            case Opaque(kind="for_object_expr" | "for_tuple_expr"):
                return self._members_of_for(expr, file, instance, bound)
            case Reference(root="local", steps=(str(name),)) if "local" not in bound:
                found = instance.folder.named(LOCAL, name)
                if len(found) != 1 or self._depth > _MAX_DEPTH:
                    return _NOTHING_KNOWN
                self._depth += 1
                try:
                    return self.members(found[0].attributes[name].value, found[0].file, instance, {})
                finally:
                    self._depth -= 1
        return _NOTHING_KNOWN

    def _members_of_call(self, call: Call, file: File, instance: Instance, bound: Bound) -> Members:
        name = name_without_namespace(call.name)
        if name == FILESET:
            listed = self.fileset(call, file, instance, bound)
            paths = None if listed is None else frozenset().union(*listed.values())
            return Members(paths, paths)
        inner = [self.members(argument, file, instance, bound) for argument in call.arguments]
        if name in ("toset", "tolist", "sort", "distinct", "concat", "setunion") and inner:
            values = _union([found.values for found in inner])
            return Members(values if name in ("toset", "setunion") else None, values)
        if name in ("keys", "values") and len(inner) == 1:
            return Members(None, inner[0].keys if name == "keys" else inner[0].values)
        return _NOTHING_KNOWN

    def _members_of_for(self, expr: Opaque, file: File, instance: Instance, bound: Bound) -> Members:
        inner_bound = self.bound_inside(expr, file, instance, bound)
        is_object = expr.kind == "for_object_expr"
        parts = expr.inside[1:]
        if is_object and len(parts) >= 2:
            return Members(
                self.texts(parts[0], file, instance, inner_bound),
                self.texts(parts[1], file, instance, inner_bound),
            )
        if not is_object and parts:
            return Members(None, self.texts(parts[0], file, instance, inner_bound))
        return _NOTHING_KNOWN

    def bound_inside(self, expr: Opaque, file: File, instance: Instance, bound: Bound) -> Bound:
        """The names in force inside a ``for`` expression; names that other constructs bind are not known."""
        hidden: dict[str, Members | Texts] = {**bound, **dict.fromkeys(expr.binds)}
        if not expr.kind.startswith("for_") or not expr.inside or len(expr.binds) not in (1, 2):
            return hidden
        looped = self.members(expr.inside[0], file, instance, bound)
        if len(expr.binds) == 2:
            hidden[expr.binds[0]] = looped.keys
        hidden[expr.binds[-1]] = looped.values
        return hidden

    def fileset(
        self, call: Call, file: File, instance: Instance, bound: Bound
    ) -> dict[str, frozenset[str]] | None:
        """The paths that a ``fileset`` could give, by folder in the repository; never fewer than it does."""
        if len(call.arguments) != 2 or call.expands_last:
            return None
        folders = self.texts(call.arguments[0], file, instance, bound)
        patterns = self.texts(call.arguments[1], file, instance, bound)
        if folders is None or patterns is None:
            return None
        found: dict[str, frozenset[str]] = {}
        for folder in folders:
            place = self.inside(folder)
            if place is None or _GLOB.search(folder):
                return None
            listed = _files_below(self.root, place)
            if listed is None:
                return None
            paths, passed_over = listed
            for pattern in patterns:
                if ".." in pattern or pattern.startswith(("/", "~")) or "\\" in pattern:
                    return None
                first = pattern.removeprefix("./").split("/")[0]
                if passed_over and ("**" in pattern or ("/" in pattern and first[:1] in tuple(".*?[{"))):
                    return None
                matches = _glob(pattern)
                matched = frozenset(path for path in paths if matches.fullmatch(path))
                own = (relpath(file, place) for file in self.own_files)
                if any(
                    not path.startswith("../") and path not in paths and matches.fullmatch(path)
                    for path in own
                ):
                    # It would find files there that only the sandbox has.
                    return None
                if any(path.endswith((".tf.json", ".tfvars.json")) for path in matched):
                    return None
                found[place] = found.get(place, frozenset()) | matched
        return found

    def inside(self, path: str) -> str | None:
        """A path as Terraform would open it, as a path in the repository; None if it leads out of it."""
        if path.startswith(("/", "~")) or "\\" in path or "\0" in path:
            return None
        place = normpath(f"{self.start}/{path}")
        return None if place == ".." or place.startswith(("../", "/")) else place


def is_inside(path: Path, root: Path) -> bool:
    """Whether a path, all links followed, lies in the repository."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _is_plain(expr: Constant, file: File) -> bool:
    """Whether a literal's bytes are its value: nothing to decode is nothing to decode differently."""
    if file.source.path.endswith(".json"):
        return "{" not in str(expr.value)
    return file.source.data[expr.start : expr.end] in (f'"{expr.value}"'.encode(), str(expr.value).encode())


def _union(texts: list[Texts]) -> Texts:
    found: set[str] = set()
    for known in texts:
        if known is None:
            return None
        found |= known
    return frozenset(found)


def _files_below(root: Path, place: str) -> tuple[list[str], bool] | None:
    """The files below a folder as ``fileset`` names them, and whether folders of tools were passed over.

    None if there are too many, or a link that ``fileset`` would follow to a folder or out of the repository.
    """
    folder = root / place
    found: list[str] = []
    passed_over = False
    for here, folders, files in os.walk(folder):
        if any(Path(here, name).is_symlink() for name in folders):
            return None
        passed_over = passed_over or not _TOOL_FOLDERS.isdisjoint(folders)
        folders[:] = [name for name in folders if name not in _TOOL_FOLDERS]
        prefix = relpath(here, folder)
        if any(Path(here, name).is_symlink() and not is_inside(Path(here, name), root) for name in files):
            return None
        found.extend(name if prefix == "." else f"{prefix}/{name}" for name in files)
        if len(found) > _MAX_TEXTS:
            return None
    return found, passed_over


def _glob(pattern: str) -> re.Pattern[str]:
    """A regular expression that matches whatever the pattern does, and perhaps a little more."""
    if re.search(r"[{}\[\]\\]", pattern):
        return re.compile(".*", re.DOTALL)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.findall(r"\*\*/?|.", normpath(pattern), re.DOTALL)
    return re.compile("".join(wild.get(token) or re.escape(token) for token in tokens), re.DOTALL)

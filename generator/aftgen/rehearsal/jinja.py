"""AFT's jinja files, rendered as AFT's builds render them: jinja2-cli 0.7.0 with `-D name=value` for each
variable.

An undefined name becomes empty text there, without a word; here too, but the result names it. Templates of a
pull request run in jinja's sandbox, and `environ()` knows nothing of this machine's environment.

Reference: AFT reference §1.2 and §3.2 (which variables, and that the result is appended to `<name>.tf`);
jinja2-cli 0.7.0 `render` (extensions, `keep_trailing_newline`, no StrictUndefined).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, TemplateError, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.sandbox import SandboxedEnvironment

from aftgen.errors import Refused

_EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.loopcontrols")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The text, and the names that the template uses and nobody defined (sorted)."""

    text: str
    undefined: tuple[str, ...] = ()


def render(template: Path, variables: Mapping[str, str]) -> Rendered:
    """One template. Raises Refused, with jinja's own words and the line, when it cannot be rendered."""
    missing: set[str] = set()

    class Noted(Undefined):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            if isinstance(self._undefined_name, str):
                missing.add(self._undefined_name)

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(template.parent),
        extensions=_EXTENSIONS,
        keep_trailing_newline=True,
        undefined=Noted,
        autoescape=False,
    )
    environment.globals["environ"] = lambda _: "None"
    try:
        text = environment.get_template(template.name).render(variables)
    except TemplateSyntaxError as error:
        raise Refused(f"jinja2: {error.message}", place=f"{template.name}:{error.lineno}") from None
    except TemplateNotFound as error:
        raise Refused(f"jinja2: TemplateNotFound: {error.name}", place=template.name) from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, OSError) as error:
        raise Refused(f"jinja2: {type(error).__name__}: {error}", place=template.name) from None
    return Rendered(text=text, undefined=tuple(sorted(missing)))


def render_folder(folder: Path, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Every `*.jinja` of a folder, each appended to the `.tf` of its name, as the builds' `>>` does.

    Answers one remark for each template that uses undefined names. Raises Refused as `render` does.
    """
    remarks = []
    for template in sorted(folder.glob("*.jinja")):
        rendered = render(template, variables)
        with template.with_suffix(".tf").open("a", encoding="utf-8") as target:
            target.write(rendered.text)
        if rendered.undefined:
            names = ", ".join(rendered.undefined)
            remarks.append(f"{template.name} uses {names}, which AFT does not define: empty text")
    return tuple(remarks)

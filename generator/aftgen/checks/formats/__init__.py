"""How a report is written: one formatter per file, listed here."""

from collections.abc import Callable, Mapping
from typing import Final

from aftgen.checks.engine import Report
from aftgen.checks.formats import github, gitlab, json_document, sarif, text

#: Format name to the function that writes a report; the text it returns ends with a line break, or is empty.
FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": text.write,
    "json": json_document.write,
    "github": github.write,
    "sarif": sarif.write,
    "gitlab": gitlab.write,
}

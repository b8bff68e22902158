"""The report as the text of a file, and the file written whole or not at all."""

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Final

from aftgen.access_report import page, tables
from aftgen.access_report.model import AccessReport
from aftgen.errors import UsageError

FORMATS: Final = ("table", "csv", "json", "html")
_BY_SUFFIX: Final = {".html": "html", ".htm": "html", ".csv": "csv", ".json": "json"}


def format_of(out: Path | None) -> str:
    """The form that a file's name asks for; ``table`` where it asks for none."""
    return _BY_SUFFIX.get(out.suffix.casefold(), "table") if out else "table"


def text_of(report: AccessReport, form: str) -> str:
    """``csv``, ``json`` or ``html``; the table is for a terminal (``tables.text_rows``)."""
    if form == "html":
        return page.render(report)
    if form == "json":
        return json.dumps(tables.as_object(report), ensure_ascii=False, indent=2) + "\n"
    stream = io.StringIO(newline="")
    tables.write_csv(report, stream)
    return stream.getvalue()


def write(path: Path, text: str) -> None:
    """Replace a file. Only its owner may read it: people's names are in it. Raises UsageError."""
    part: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        part = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
        part.replace(path)
        part = None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)

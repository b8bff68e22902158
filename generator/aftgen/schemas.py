"""JSON Schemas for editors, of everything that people write in YAML here; committed in ``schemas/``.

``python -m aftgen.schemas FOLDER`` writes them; a test compares the committed ones with what is made here.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from aft_access.catalogue import SCHEMAS as CATALOGUE
from aft_guardrails.declarations import SCHEMAS as GUARDRAILS
from pydantic import TypeAdapter

from aftgen.config import Config
from aftgen.inputs.raw import RequestInput

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, str]:
    """File name to the text of each schema."""
    one_or_more: TypeAdapter[Any] = TypeAdapter(RequestInput | list[RequestInput])
    found = {
        "aftgen.schema.json": _text("aftgen.yaml", TypeAdapter(Config), quotes=False),
        "request.schema.json": _text("Account requests for 'aftgen new --from'", one_or_more, quotes=False),
    }
    for path, model in {**CATALOGUE, **GUARDRAILS}.items():
        found[of_catalogue(path)] = _text(f"global-customizations/{path}", TypeAdapter(model), quotes=True)
    return found


def of_catalogue(path: str) -> str:
    """The schema's file name for a file of ``global-customizations/``, as its packages list them."""
    pattern = PurePosixPath(path)
    return f"{pattern.parent.name if pattern.stem == '*' else pattern.stem}.schema.json"


def _text(title: str, adapter: TypeAdapter[Any], *, quotes: bool) -> str:
    """``quotes``: whether a text that looks like a number must have them."""
    schema = _without_null_defaults({"$schema": _DIALECT, **adapter.json_schema(), "title": title})
    if not quotes:
        schema = _texts_as_written(schema)
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _texts_as_written(schema: Any) -> Any:
    """A text may be written without quotes: that an editor sees a number then is right too."""
    if isinstance(schema, list):
        return [_texts_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string":
        return {**schema, "type": ["string", "number", "boolean"]}
    return {key: _texts_as_written(value) for key, value in schema.items()}


def _without_null_defaults(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_null_defaults(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_null_defaults(value)
        for key, value in schema.items()
        if key != "default" or value is not None
    }


def write(folder: Path) -> None:
    """Write each schema into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "schemas"))

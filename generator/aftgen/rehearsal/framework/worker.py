"""The process in which a release's lambda functions run: a JSON event a line in, a JSON answer a line out.

The answers go to an open descriptor, because functions print.

    python -P worker.py CHECKOUT DESCRIPTOR

    {"function": "aft_account_request_action_trigger", "event": {...}}
    {"ok": true, "result": null, "log": [["INFO", "New account request received"], ...]}
    {"ok": false, "error": "CT Request is not valid", "type": "RuntimeError", "log": [...]}

It stays for thousands of events, like a lambda that is warm: modules, and what they keep (AFT 1.20 caches its
parameters), live on. It ends when its input does, so also when its parent is killed.

It runs in the environment of the release's own lambda layer and imports nothing of aftgen. Everything is the
release's own but time: `time.sleep` returns at once and moves the clock that AFT's deadlines read (AFT
sleeps 65 s after it made its roles). Parsed service models are kept between clients; they are most of a
client's cost.
"""

import importlib
import json
import logging
import os
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, SupportsIndex

LAYER = "sources/aft-lambda-layer"
FUNCTIONS = "src/aft_lambda"

_log: list[list[str]] = []
_slept = timedelta()


class _Keeper(logging.Handler):
    """What the functions log, as level and text; AFT wraps its texts in JSON."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        try:
            read = json.loads(text)
        except ValueError:
            read = text
        if isinstance(read, dict) and "detail" in read:
            read = read["detail"]
        _log.append([record.levelname, read if isinstance(read, str) else json.dumps(read, default=str)])


class _Clock(datetime):
    """The time of day, and what was slept."""

    @classmethod
    def utcnow(cls) -> Self:
        return super().utcnow() + _slept

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + _slept


def _sleep(seconds: SupportsIndex | float) -> None:
    global _slept
    _slept += timedelta(seconds=float(seconds))


def _prepare(checkout: Path) -> None:
    sys.path.insert(0, str(checkout / LAYER))
    # Each family of functions is zipped for itself (modules/aft-archives): its files are top-level modules.
    sys.path[1:1] = [str(each) for each in sorted((checkout / FUNCTIONS).iterdir()) if each.is_dir()]
    sys.dont_write_bytecode = True  # the checkout is somebody's
    keeper = _Keeper()
    logging.getLogger().addHandler(keeper)

    import botocore.loaders
    import botocore.session

    loader = botocore.loaders.create_loader(None)
    botocore.session.create_loader = lambda *_: loader
    time.sleep = _sleep
    framework = importlib.import_module("aft_common.account_provisioning_framework")
    framework.datetime = _Clock  # type: ignore[attr-defined]


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    _log.clear()
    name = request["function"]
    context = SimpleNamespace(
        function_name=name.replace("_", "-"),
        aws_request_id=request.get("id", "rehearsal"),
        log_group_name=f"/aws/lambda/{name.replace('_', '-')}",
    )
    try:
        result = importlib.import_module(name).lambda_handler(request["event"], context)
        return {"ok": True, "result": json.loads(json.dumps(result, default=str)), "log": list(_log)}
    except Exception as error:  # noqa: BLE001 - whatever a function raises is Lambda's answer
        return {"ok": False, "error": str(error), "type": type(error).__name__, "log": list(_log)}


def main() -> int:
    answers = os.fdopen(int(sys.argv[2]), "w", encoding="utf-8")
    _prepare(Path(sys.argv[1]))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Where a build's stand-ins (`answers.py`) ask the rehearsal: a socket, one JSON question and answer each."""

import json
import os
import socketserver
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Answer = Callable[[dict[str, Any]], dict[str, Any]]


#: A socket's path has 104 bytes on macOS, 108 on Linux (sys/un.h); a folder for temporary files may be deep.
_LONGEST = 100


class Answering:
    """Answers questions on a socket until it is closed.

    It is at `path`, which must not exist, or in a folder of its own where that is too long for a socket.
    """

    def __init__(self, path: Path, answer: Answer) -> None:
        self._folder: Path | None = None
        if len(os.fsencode(path)) > _LONGEST:
            self._folder = Path(tempfile.mkdtemp(prefix="aftgen-", dir="/tmp"))
            path = self._folder / "socket"

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    reply = answer(json.loads(self.rfile.readline()))
                except Exception as error:  # noqa: BLE001 - the build fails with it, and shows it
                    reply = {"code": 1, "log": f"{type(error).__name__}: {error}"}
                self.wfile.write(json.dumps(reply).encode() + b"\n")

        self.path = path
        self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.path.unlink(missing_ok=True)
        if self._folder is not None:
            self._folder.rmdir()

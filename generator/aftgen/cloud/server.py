"""Starting and stopping the embedded AWS: over HTTP on loopback, or in this process.

    with serve(Behaviour(polls_until_done=0)) as server:      # subprocesses and real HTTP clients
        boto3.client("sso-admin", endpoint_url=server.endpoint, ...)

    with in_process() as cloud:                               # clients of this interpreter, no socket
        ...

moto's state belongs to the process, so one embedded AWS can be installed at a time; each starts empty.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

from aftgen.cloud.behaviour import Behaviour
from aftgen.cloud.clock import Clock
from aftgen.cloud.cloud import Cloud

LOOPBACK = "127.0.0.1"


@contextmanager
def install(cloud: Cloud) -> Iterator[Cloud]:
    """Puts the fidelity layer in front of a moto that the caller runs, such as its own `mock_aws`."""
    from aftgen.cloud.gate import close_gate, open_gate

    open_gate(cloud)
    try:
        yield cloud
    finally:
        cloud.faults.clear()
        close_gate()


@contextmanager
def in_process(
    behaviour: Behaviour | None = None, *, clock: Clock | None = None, seed: int | None = None
) -> Iterator[Cloud]:
    """An empty AWS for boto3 clients of this interpreter."""
    from moto import mock_aws

    with mock_aws(), install(Cloud(behaviour, clock=clock, seed=seed)) as cloud:
        _forget_organizations()
        yield cloud


@contextmanager
def serve(
    behaviour: Behaviour | None = None, *, clock: Clock | None = None, seed: int | None = None, port: int = 0
) -> Iterator["Server"]:
    """An empty AWS on a loopback port; every service of moto is there, ours made faithful."""
    server = Server(Cloud(behaviour, clock=clock, seed=seed), port=port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Server:
    """moto's threaded werkzeug server behind the gate, with the control endpoint beside it."""

    def __init__(self, cloud: Cloud, *, port: int = 0) -> None:
        self.cloud = cloud
        self._wanted_port = port
        self._wsgi: Any = None
        self._thread: Thread | None = None
        self._until_stopped = ExitStack()

    @property
    def endpoint(self) -> str:
        if self._wsgi is None:
            raise RuntimeError("the server is not running")
        return f"http://{LOOPBACK}:{self._wsgi.server_address[1]}"

    def start(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        from aftgen.cloud.control import with_control
        from aftgen.cloud.portal import bearer_token, with_portal
        from aftgen.cloud.rest import with_rest

        class Quiet(MotoRequestHandler):
            def log_request(self, *_: Any) -> None:
                """The call log is the log."""

            def make_environ(self) -> Any:
                return {**super().make_environ(), **bearer_token(self.headers)}

        with ExitStack() as stack:
            stack.enter_context(install(self.cloud))
            BackendDict.reset()
            _forget_organizations()
            moto = DomainDispatcherApplication(create_backend_app)
            application = with_control(self.cloud, with_portal(self.cloud, with_rest(self.cloud, moto)))
            self._wsgi = make_server(
                LOOPBACK, self._wanted_port, application, threaded=True, request_handler=Quiet
            )
            self._until_stopped = stack.pop_all()
        self._wsgi.daemon_threads = True
        self._wsgi.block_on_close = False
        self.cloud.endpoint = self.endpoint
        self._thread = Thread(target=self._wsgi.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._wsgi is None or self._thread is None:
            return
        self.cloud.faults.clear()
        self._wsgi.shutdown()
        self._thread.join()
        self._wsgi.server_close()
        self._wsgi = None
        self.cloud.endpoint = None
        self._until_stopped.close()


def _forget_organizations() -> None:
    """moto resets its backends but not this map, and would refuse a second organization."""
    from moto.organizations.models import organizations_backends

    organizations_backends.master_accounts.clear()

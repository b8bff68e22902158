"""Values and ports for the tests of following, in memory; time moves when somebody sleeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aftgen.follow.ports import NoPipeline
from aftgen.follow.values import Execution, Failure, FrameworkRun, Vended

GLOBAL, ACCOUNT = "aft-global-customizations", "aft-account-customizations"
WANTED = {GLOBAL: "g2", ACCOUNT: "a2"}


def execution(id: str, status: str = "Succeeded", started: float = 0.0, **revisions: str) -> Execution:
    """`g` and `a` are the commits of an account's pipeline, `requests` of AFT's own."""
    names = {"g": GLOBAL, "a": ACCOUNT, "requests": "account-request"}
    found = {names[key]: value for key, value in revisions.items()}
    return Execution(id=id, status=status, started=started, updated=started + 60, revisions=found)


def vended(number: int, **values: str) -> Vended:
    email = f"account-{number}@example.com"
    known = {"id": f"{number:012d}", "name": f"account-{number}", "email": email, "request": email}
    return Vended(**{**known, "status": "ACTIVE", **values})


@dataclass
class Clock:
    """`after` acts are done once, when their time has come."""

    time: float = 1000.0
    after: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        for at, act in sorted(self.after, key=lambda each: each[0]):
            if at <= self.time:
                self.after.remove((at, act))
                act()


@dataclass
class Pipelines:
    """Executions by pipeline, newest first. A started one runs until a test ends it."""

    clock: Clock
    known: dict[str, list[Execution]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    running_at_once: int = 0
    seconds: float = 0.0
    ends: str = "Succeeded"

    def executions(self, pipeline: str) -> Sequence[Execution]:
        if pipeline not in self.known:
            raise NoPipeline(pipeline)
        return list(self.known[pipeline])

    def start(self, pipeline: str) -> str:
        made = execution(f"new-{len(self.started)}", "InProgress", self.clock.now(), g="g2", a="a2")
        self.known[pipeline].insert(0, made)
        self.started.append(pipeline)
        running = sum(each.is_running for listed in self.known.values() for each in listed)
        self.running_at_once = max(self.running_at_once, running)
        if self.seconds:
            self.clock.after.append((self.clock.now() + self.seconds, lambda: self.end(pipeline, made.id)))
        return made.id

    def end(self, pipeline: str, id: str, status: str = "") -> None:
        listed = self.known[pipeline]
        for number, each in enumerate(listed):
            if each.id == id:
                listed[number] = execution(id, status or self.ends, each.started, g="g2", a="a2")

    def failure(self, pipeline: str, execution: str) -> Failure:
        return Failure(where="Stage/Apply", reason="it broke", log=("one", "two"), log_place="group stream")


@dataclass
class Framework:
    listed: list[FrameworkRun] = field(default_factory=list)

    def runs(self, since: float) -> Sequence[FrameworkRun]:
        return [run for run in self.listed if run.started >= since]

    def failure(self, run: FrameworkRun) -> Failure:
        return Failure(where="tag_account", reason="no such tag")

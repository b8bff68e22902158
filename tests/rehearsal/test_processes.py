"""However a rehearsal ends, nothing of it is left: processes, those that left their group, folders."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aftgen.rehearsal.processes import (
    PREFIX,
    Finished,
    OutOfTime,
    Workspace,
    WorkspaceClosed,
    sweep,
)

from .left_behind import SYSTEM, becomes, folders, processes

pytestmark = pytest.mark.skipif(not SYSTEM.is_dir(), reason="counts processes in /proc")
#: A child with a background process, and one that leaves the child's group; two threads wait for one each.
PARENT = """
import sys, threading
from aftgen.rehearsal.processes import Workspace, WorkspaceClosed
def work():
    try:
        workspace.run(["sleep", "1000"])
    except WorkspaceClosed:
        print("stopped", flush=True)
try:
    with Workspace.open() as workspace:
        threads = [threading.Thread(target=work) for _ in range(2)]
        [each.start() for each in threads]
        child = workspace.start(["sh", "-c", "sleep 1000 & setsid sleep 1000 & echo ready; wait"])
        while b"ready" not in child.printed():
            pass
        print(workspace.folder, flush=True)
        child.wait()
except KeyboardInterrupt as interruption:
    [each.join() for each in threads]
    sys.exit(100 + interruption.signal)
"""
Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    started: list[subprocess.Popen[str]] = []

    def start(*before: str) -> "subprocess.Popen[str]":
        running = subprocess.Popen(
            [*before, sys.executable, "-c", PARENT],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
            # These tests may run below nohup themselves.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        started.append(running)
        assert running.stdout is not None
        assert running.stdout.readline().strip() == str(tmp_path.resolve() / folders(tmp_path)[0])
        return running

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
        each.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_takes_the_folder_away(
    tmp_path: Path, begin: Begin, number: signal.Signals
) -> None:
    running = begin()
    assert len(processes(tmp_path)) >= 5
    running.send_signal(number)
    out, _ = running.communicate(timeout=20)
    assert (running.returncode, out.count("stopped")) == (100 + number, 2)
    assert (processes(tmp_path), folders(tmp_path)) == ([], [])


def test_after_sigkill_the_children_end_and_the_next_run_takes_the_folder_away(
    tmp_path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = begin()
    [folder] = folders(tmp_path)
    running.kill()
    running.wait()
    assert becomes([], lambda: processes(tmp_path), seconds=5) == []
    assert folders(tmp_path) == [folder]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Workspace.open() as workspace:
        assert folders(tmp_path) == [workspace.folder.name] != [folder]
    assert folders(tmp_path) == []


def test_a_living_rehearsals_folder_is_left_alone(
    tmp_path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    known = processes(tmp_path), folders(tmp_path)
    sweep()
    assert (processes(tmp_path), folders(tmp_path)) == known


def test_what_only_has_such_a_name_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(mine)
    (tmp_path / f"{PREFIX}file").touch()
    (tmp_path / f"{PREFIX}young").mkdir()
    (old := tmp_path / f"{PREFIX}old").mkdir()
    os.utime(old, (0, 0))
    sweep()
    assert sorted(folders(tmp_path)) == [f"{PREFIX}{name}" for name in ("file", "link", "young")]
    assert (mine / "lock").exists()


def test_what_nohup_sets_aside_stays_aside(tmp_path: Path, begin: Begin) -> None:
    running = begin("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
    running.send_signal(signal.SIGHUP)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    assert (running.returncode, folders(tmp_path)) == (100 + signal.SIGTERM, [])


# --- one process


def test_a_command_sees_its_own_environment_and_no_terminal(workspace: Workspace) -> None:
    done = workspace.run(
        ["sh", "-c", "cat; echo $A $TMPDIR; pwd >&2; exit 3"],
        environment={"PATH": os.environ["PATH"], "A": "a"},
    )
    folder = workspace.folder
    assert done == Finished(code=3, output=f"a {folder}/tmp\n{folder}\n")


def test_a_command_that_is_not_there_ends_as_in_a_shell(workspace: Workspace) -> None:
    done = workspace.run(["no-such-command"])
    assert (done.code, "not found" in done.output) == (127, True)


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(
    workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(OutOfTime, match=r"^sh took longer than 0\.2 s$"):
        workspace.run(["sh", "-c", "sleep 1000 & wait"], timeout=0.2)
    assert becomes([], lambda: processes(tmp_path)) == []


def test_a_daemon_ends_with_its_command(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.run(["sh", "-c", "sleep 1000 & echo done"]).output == "done\n"
    assert becomes([], lambda: processes(tmp_path)) == []


def test_nothing_starts_in_a_workspace_that_has_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with Workspace.open() as workspace:
        assert not set(before) & {signal.getsignal(number) for number in numbers}
    assert [signal.getsignal(number) for number in numbers] == before
    with pytest.raises(WorkspaceClosed):
        workspace.run(["true"])


def test_a_read_only_folder_goes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Workspace.open() as workspace:
        (inside := workspace.folder / "a").mkdir()
        (inside / "b").touch()
        inside.chmod(0o500)
    assert folders(tmp_path) == []


def test_a_workspace_of_another_thread_handles_no_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found: list[object] = []

    def work() -> None:
        with Workspace.open() as workspace:
            found.extend([workspace.run(["echo", "a"]).output, signal.getsignal(signal.SIGTERM)])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["a\n", signal.getsignal(signal.SIGTERM)]

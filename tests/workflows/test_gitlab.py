"""GitLab's jobs, run here: script lines in a scratch clone, reports against an API that records."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from published_world import World, git

from .steps import CI, ROOT, Runner


@pytest.fixture
def gitlab() -> Iterator[HTTPServer]:
    """GitLab's API as far as it is used: ``calls`` has what was asked, ``items`` is what is there."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            assert self.headers["PRIVATE-TOKEN"] == "token"
            server.calls.append((self.command, self.path, sent))  # type: ignore[attr-defined]
            listed = server.items if self.command == "GET" else {}  # type: ignore[attr-defined]
            content = json.dumps({"id": 5} if self.path == "/user" else listed).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library's names

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.calls, server.items = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def report(runner: Runner, server: HTTPServer, what: str, content: str) -> list[tuple[str, str, object]]:
    file = runner.home / "report.md"
    file.write_text(content)
    done = runner.shell(
        f"python3 {CI}/gitlab_report.py {what} {file}",
        ROOT,
        CI_API_V4_URL=f"http://127.0.0.1:{server.server_port}",
        CI_PROJECT_ID="12",
        CI_MERGE_REQUEST_IID="3",
        AFTGEN_GITLAB_TOKEN="token",
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert done.returncode == 0, done.stderr
    return server.calls[2:]  # type: ignore[attr-defined]


def test_a_note_on_a_merge_request(runner: Runner, gitlab: HTTPServer) -> None:
    ours = {"id": 8, "author": {"id": 5}, "body": "<!-- aftgen-plan -->\nold"}
    gitlab.items = [{**ours, "id": 7, "author": {"id": 6}}]  # type: ignore[attr-defined]
    notes = "/projects/12/merge_requests/3/notes"
    assert report(runner, gitlab, "note", "Plan") == [
        ("POST", notes, {"body": "<!-- aftgen-plan -->\nPlan\n"})
    ]
    gitlab.items, gitlab.calls = [ours], []  # type: ignore[attr-defined]
    assert report(runner, gitlab, "note", "New")[0][:2] == ("PUT", f"{notes}/8")


def test_the_drift_issue_in_gitlab(runner: Runner, gitlab: HTTPServer) -> None:
    assert report(runner, gitlab, "issue", "") == []
    gitlab.calls = []  # type: ignore[attr-defined]
    ((method, path, sent),) = report(runner, gitlab, "issue", "stale\n")
    assert (method, path) == ("POST", "/projects/12/issues")
    assert sent["labels"] == "aftgen-drift"  # type: ignore[index]
    gitlab.calls = []  # type: ignore[attr-defined]
    gitlab.items = [{"iid": 2, "author": {"id": 5}, "description": "<!-- aftgen-drift -->\nx"}]  # type: ignore[attr-defined]
    assert report(runner, gitlab, "issue", "") == [("PUT", "/projects/12/issues/2", {"state_event": "close"})]


def test_gitlab_publishes_what_was_merged(world: World, runner: Runner, tmp_path: Path) -> None:
    """The job's own script lines, in a detached clone as GitLab makes it."""
    runner.shell("aftgen publish --first", world.work)
    world.request("lab", ou="Security")
    commit = world.merge()
    clone = tmp_path / "build"
    git(tmp_path, "clone", "-q", str(world.origin), str(clone))
    git(clone, "checkout", "-q", "--detach", commit)
    git(clone, "branch", "-q", "-D", "main")
    key, hosts = tmp_path / "key", tmp_path / "hosts"
    key.write_text("KEY")
    hosts.write_text("h ssh-ed25519 A")
    text_ = re.sub(r"!reference \[.*\]", "none", (ROOT / ".gitlab-ci.yml").read_text())
    first, second = yaml.safe_load(text_)["publish"]["script"]
    variables = {
        "AFTGEN_PUSH_KEY": str(key),
        "AFTGEN_KNOWN_HOSTS": str(hosts),
        "CI_SERVER_HOST": "gitlab.example.com",
        "CI_PROJECT_PATH": "ops/accounts",
        "CI_COMMIT_SHA": commit,
    }
    assert runner.shell(first, clone, **variables).returncode == 0
    command = git(clone, "config", "core.sshCommand")
    assert git(clone, "remote", "get-url", "origin") == "git@gitlab.example.com:ops/accounts.git"
    copied = Path(command.split()[2])
    assert (copied.read_text(), copied.stat().st_mode & 0o777) == ("KEY\n", 0o600)
    copied.unlink()
    git(clone, "remote", "set-url", "origin", str(world.origin))
    done = runner.shell(second, clone, **variables)
    assert done.returncode == 0, done.stdout
    assert f"{commit} {commit[:12]} published, revision 3" in done.stdout


def test_gitlabs_token_reaches_aws(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "token"
    assert runner.shell(f"{CI}/gitlab-aws.sh {file}", ROOT, AWS_TOKEN="jwt").returncode == 0
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("jwt", 0o600)
    assert runner.shell(f"{CI}/gitlab-aws.sh {file}", ROOT).returncode != 0

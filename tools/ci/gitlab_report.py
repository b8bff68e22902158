"""Keeps one note on a merge request, or one issue, up to date in GitLab.

    gitlab_report.py note FILE     with CI_MERGE_REQUEST_IID
    gitlab_report.py issue FILE    closed when FILE is empty

The API and the project are CI_API_V4_URL and CI_PROJECT_ID, the token is AFTGEN_GITLAB_TOKEN. FILE is data,
as :mod:`comment_body` treats it. Standard library only.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from comment_body import body

_TITLE = "Access differs from what is declared"


def main() -> int:
    what, path = sys.argv[1:]
    text = Path(path).read_bytes()[:500_000].decode("utf-8", "replace")
    if what == "note":
        _note(text)
    else:
        _issue(text)
    return 0


def _note(text: str) -> None:
    marker = "aftgen-plan"
    notes = f"merge_requests/{int(os.environ['CI_MERGE_REQUEST_IID'])}/notes"
    mine = _me()
    found = _first(f"{notes}?per_page=100", lambda note: _is_mine(note, mine, note["body"], marker))
    if found:
        _call("PUT", f"{notes}/{found['id']}", {"body": body(marker, text)})
    else:
        _call("POST", notes, {"body": body(marker, text)})


def _issue(text: str) -> None:
    marker = "aftgen-drift"
    mine = _me()
    found = _first(
        f"issues?state=opened&labels={marker}&per_page=100",
        lambda issue: _is_mine(issue, mine, issue.get("description") or "", marker),
    )
    if not text.strip():
        if found:
            _call("PUT", f"issues/{found['iid']}", {"state_event": "close"})
        return
    fenced = "What is there differs from what is declared:\n```\n" + text.replace("```", "` ` `") + "\n```\n"
    wanted = {"title": _TITLE, "description": body(marker, fenced), "labels": marker}
    if found:
        _call("PUT", f"issues/{found['iid']}", wanted)
    else:
        _call("POST", "issues", wanted)


def _is_mine(item: dict[str, Any], mine: int, text: str, marker: str) -> bool:
    return bool(item["author"]["id"] == mine and text.startswith(f"<!-- {marker} -->"))


def _me() -> int:
    return int(_request("GET", f"{os.environ['CI_API_V4_URL']}/user")[0]["id"])


def _first(path: str, wanted: Any) -> dict[str, Any] | None:
    """The first item of a list, over all its pages."""
    page: str | None = "1"
    while page:
        items, page = _call("GET", f"{path}&page={page}")
        for item in items:
            if wanted(item):
                return dict(item)
    return None


def _call(method: str, path: str, content: dict[str, str] | None = None) -> tuple[Any, str | None]:
    project = f"{os.environ['CI_API_V4_URL']}/projects/{int(os.environ['CI_PROJECT_ID'])}"
    return _request(method, f"{project}/{path}", content)


def _request(method: str, url: str, content: dict[str, str] | None = None) -> tuple[Any, str | None]:
    request = urllib.request.Request(
        url,
        method=method,
        data=json.dumps(content).encode() if content is not None else None,
        headers={
            "PRIVATE-TOKEN": os.environ["AFTGEN_GITLAB_TOKEN"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer), answer.headers.get("X-Next-Page") or None


if __name__ == "__main__":
    sys.exit(main())

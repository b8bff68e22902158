"""The person's token, and what the portal's answers become."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aftgen.aws.portal import Portal, PortalAccount, Token, cached_token
from aftgen.errors import AftgenError, Refused
from botocore.stub import Stubber

URL = "https://example.awsapps.com/start"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def cache(folder: Path, name: str, **changes: Any) -> None:
    content = {
        "startUrl": URL,
        "region": "eu-west-1",
        "accessToken": name,
        "expiresAt": "2026-11-24T08:00:00Z",
    }
    (folder / f"{name}.json").write_text(json.dumps({**content, **changes}))


def test_the_token_that_is_good_for_longest(tmp_path: Path) -> None:
    cache(tmp_path, "short")
    cache(tmp_path, "long", expiresAt="2026-11-24T09:00:00UTC", startUrl=URL.upper() + "/#/")
    cache(tmp_path, "over", expiresAt="2026-11-23T23:59:59Z")
    cache(tmp_path, "other", startUrl="https://other.awsapps.com/start", expiresAt="2027-01-01T00:00:00Z")
    cache(tmp_path, "client", startUrl=None, expiresAt="2027-01-01T00:00:00Z")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "folder.json").mkdir()
    assert cached_token(URL, folder=tmp_path, now=NOW) == Token(value="long", region="eu-west-1")


def test_no_token(tmp_path: Path) -> None:
    assert cached_token(URL, folder=tmp_path / "nowhere", now=NOW) is None


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Portal:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO"):
        monkeypatch.delenv(name, raising=False)
    return Portal(Token(value="t", region="eu-west-1"))


def test_every_page_is_read(portal: Portal) -> None:
    with Stubber(portal._client) as stub:
        stub.add_response(
            "list_accounts",
            {
                "accountList": [{"accountId": "2", "accountName": "b", "emailAddress": "b@x"}],
                "nextToken": "n",
            },
            {"accessToken": "t"},
        )
        stub.add_response(
            "list_accounts", {"accountList": [{"accountId": "1"}]}, {"accessToken": "t", "nextToken": "n"}
        )
        assert portal.accounts() == [
            PortalAccount(id="1", name="", email=""),
            PortalAccount(id="2", name="b", email="b@x"),
        ]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("UnauthorizedException", Refused, "no longer accepts your session"),
        ("ForbiddenException", AftgenError, "the portal answered ForbiddenException"),
    ],
)
def test_what_the_portal_refuses(portal: Portal, code: str, kind: type[Exception], message: str) -> None:
    with Stubber(portal._client) as stub:
        stub.add_client_error("list_account_roles", code, http_status_code=401)
        with pytest.raises(kind, match=message):
            portal.roles("1")


def test_a_portal_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with pytest.raises(AftgenError, match="cannot be reached"):
        Portal(Token(value="t", region="eu-west-1")).accounts()

"""What 'aftgen retire' asks AWS: the ledger of the request's account, on the embedded AWS."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from aftgen.cloud import Behaviour, write_profiles
from aftgen.editing import ledger
from aftgen.editing.ledger import Asked
from aftgen.reader.folder import read
from aftgen.reader.model import Request
from aftgen.repository import Repository
from hcl_texts import request
from pipeline.inside import Inside, inside
from pipeline.small import ACCOUNT, GRANTS, OTHER, declare, flat, plan, tree


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Inside]:
    with inside(plan(), Behaviour(polls_until_done=0, calls_per_second=None), tmp_path) as made:
        tree().write(made.tree)
        declare(made.zone, GRANTS)
        assert made.apply(ACCOUNT).code == 0
        yield made


def asked(cloud: Inside, root: Path, email: str, account: str | None = None) -> Asked:
    """With the credentials of a person in AFT's management account."""
    root.mkdir(exist_ok=True)
    (root / "terraform").mkdir(exist_ok=True)
    if not (root / "global-customizations").exists():
        (root / "global-customizations").symlink_to(cloud.tree)
    (root / "terraform" / "a.tf").write_text(request("payments", email=email))
    repository = Repository(root=root, requests=root / "terraform")
    found: Request = read(repository).requests[0]
    environment = write_profiles(cloud.zone, account=ACCOUNT, directory=root / "profiles")
    own = cloud.zone.build_credentials()
    keys = {
        "AWS_ACCESS_KEY_ID": own.access_key,
        "AWS_SECRET_ACCESS_KEY": own.secret_key,
        "AWS_SESSION_TOKEN": own.token,
    }
    with patch.dict(os.environ, environment | keys):
        return ledger.ask(repository, found, account)


def test_what_is_left_until_it_is_revoked(cloud: Inside, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    left = asked(cloud, root, "Payments@x.com")
    assert left.account_id == ACCOUNT
    assert set(left.grants) == {f"{name}:{principal}" for name, principal in flat(GRANTS)}
    declare(cloud.zone, {})
    assert cloud.apply(ACCOUNT).code == 0
    assert asked(cloud, root, "payments@x.com") == Asked(account_id=ACCOUNT)


def test_an_account_of_its_own_choice_and_one_that_aft_does_not_know(cloud: Inside, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    assert asked(cloud, root, "nobody@x.com", OTHER) == Asked(account_id=OTHER)
    assert asked(cloud, root, "nobody@x.com").unknown == (
        "AFT's metadata has no account with the email nobody@x.com"
    )


def test_a_repository_without_access_cannot_be_asked_about(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "a.tf").write_text(request("payments"))
    repository = Repository(root=tmp_path, requests=tmp_path / "terraform")
    found = ledger.ask(repository, read(repository).requests[0])
    assert found.unknown == "this repository has no global-customizations/identity-center/access.yaml"

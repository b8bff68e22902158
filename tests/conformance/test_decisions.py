"""The release's own functions and `aftgen.changes.decision` decide alike, on thousands of records."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aftgen.changes.decision import Verdict, decide, same_image
from aftgen.cloud import Account, Cloud, LandingZone, LandingZonePlan, serve
from aftgen.cloud.account_factory import Product
from aftgen.rehearsal.chain import Change, Outcome, Setting
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework.release import Checkout, ReleaseFramework
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.run import BEHAVIOUR
from changes.pairs import Pair, pairs

from .checkouts import Judge

PAIRS = 10_000
JUDGE = Path(__file__).with_name("judge.py")
pytestmark = pytest.mark.slow


def case(pair: Pair) -> str:
    """One line for the judge."""
    known = pair.known
    world = {
        "accounts": [
            {"Id": one.id, "Name": one.name, "Email": one.email, "Status": one.status}
            for one in known.accounts
        ],
        "products": [[one.account_id, one.email] for one in known.products],
        "unit_of": {one.id: one.ou for one in known.shared},
    }
    return json.dumps({"record": Change(old=pair.old, new=pair.new).record(), "world": world})


@contextmanager
def judging(release: Judge, layer: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [str(layer), "-P", str(JUDGE), str(release.folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"LANG": "C.UTF-8"}
    ) as process:
        yield process


def verdict(answer: dict[str, Any], removal: bool) -> str:
    assert len(answer["did"]) <= 1, answer
    if answer["did"]:
        return str(answer["did"][0])
    assert answer["words"], answer
    return "nothing" if removal else "refuse"


def test_thousands_of_records_are_decided_as_the_release_decides_them(release: Judge, layer: Path) -> None:
    seen: Counter[str] = Counter()
    with judging(release, layer) as judge:
        assert judge.stdin is not None
        assert judge.stdout is not None
        for drawn in pairs(PAIRS, seed=2):
            pair = replace(drawn, known=replace(drawn.known, release=release.release))
            decision = decide(pair.old, pair.new, pair.known)
            seen[decision.verdict.value] += 1
            if pair.old is not None and pair.new is not None and same_image(pair.old, pair.new):
                # DynamoDB puts no record of this into the stream, so there is nothing to judge.
                assert decision.verdict is Verdict.NOTHING
                continue
            print(case(pair), file=judge.stdin, flush=True)
            answer = json.loads(judge.stdout.readline())
            assert decision.verdict.value == verdict(answer, removal=pair.new is None), (pair, answer)
            assert decision.words == answer["words"], pair
            assert decision.queued == answer["queued"], pair
            assert log_agrees(decision.log, answer["log"], [each.name for each in decision.immutable]), pair
        judge.stdin.close()
    print(f"{release.version}: {PAIRS} records, {dict(seen)}")
    assert set(seen) == {each.value for each in Verdict}


def log_agrees(log: str, said: Sequence[str], immutable: Sequence[str]) -> bool:
    """The release names the first parameter in the order of the message's map, which nobody promises."""
    said = [text for text in said if text != "CT Request is not valid"]
    if not immutable:
        return [log] == said or (not log and not said)
    return len(said) == 1 and any(
        said[0] == f"Control Tower parameter {name} cannot be modified" for name in immutable
    )


SAMPLE = 15
OUTCOMES = {
    Verdict.CREATE: Outcome.CREATED,
    Verdict.UPDATE: Outcome.UPDATED,
    Verdict.CUSTOMIZE: Outcome.CUSTOMIZED,
}
UNITS = {"Dev": "ou-ab12-wldev0001", "Prod": "ou-ab12-wlprod01", "Security": "ou-ab12-security"}


def test_the_embedded_aws_decides_a_sample_alike(release: Judge, workspace: Workspace, cache: Path) -> None:
    """The judge's stand-in for boto3 tells the truth: the same functions, over HTTP, find the same."""
    environments = Environments(workspace, folder=cache)
    judged = [pair for pair in pairs(600, seed=4) if can_stand(pair)]
    assert len(judged) > SAMPLE
    for drawn in judged[:: len(judged) // SAMPLE]:
        pair = replace(drawn, known=replace(drawn.known, release=release.release))
        decision = decide(pair.old, pair.new, pair.known)
        with serve(BEHAVIOUR, seed=7) as server:
            setting = Setting(
                zone=landing_zone(server.cloud, pair), workspace=workspace, environments=environments
            )
            framework = ReleaseFramework(Checkout(release.folder), setting)
            framework.factory.products.update(products(pair))
            put(framework.zone, pair)
            delivery = framework.deliver(Change(old=pair.old, new=pair.new))
        print(f"{release.version} {delivery.outcome.value:10} {' / '.join(delivery.reasons)}")
        wanted = OUTCOMES.get(decision.verdict, Outcome.REFUSED)
        # A removal deletes a pipeline that no landing zone here has.
        if decision.verdict is Verdict.REMOVE:
            assert delivery.reasons[0].startswith("Pipelines for account id"), pair
            continue
        assert delivery.outcome is wanted, (pair, delivery.reasons)
        assert not decision.words or delivery.reasons[0] == decision.words, pair


def can_stand(pair: Pair) -> bool:
    """Whether a landing zone can be so: products of accounts that are there, in units that are enrolled."""
    row = pair.new or pair.old
    assert row is not None
    same = pair.old is not None and pair.new is not None and same_image(pair.old, pair.new)
    known = {account.id for account in pair.known.accounts}
    there = all(product.account_id in known for product in pair.known.products)
    return not same and there and row.ou in ("Dev", "Prod (ou-ab12-wlprod01)")


def landing_zone(cloud: Cloud, pair: Pair) -> LandingZone:
    log_archive, audit, management = (
        Account(id=one.id, name=one.name, email=one.email, ou=one.ou) for one in pair.known.shared
    )
    shared = {one.id for one in pair.known.shared}
    others = tuple(
        Account(id=one.id, name=one.name, email=one.email, ou="Dev", status=one.status)  # type: ignore[arg-type]
        for one in pair.known.accounts
        if one.id not in shared
    )
    plan = LandingZonePlan(
        organizational_units=UNITS,
        management=management,
        log_archive=log_archive,
        audit=audit,
        aft_management=Account(
            id="444444444444", name="AFT Management", email="aft@example.com", ou="Security"
        ),
        accounts=others,
    )
    return LandingZone.build(cloud, plan)


def products(pair: Pair) -> dict[str, Product]:
    found = {}
    for number, one in enumerate(pair.known.products):
        name = f"product-{number}"
        found[name] = Product(
            id=name,
            name=name,
            parameters={"AccountEmail": one.email},
            physical_id=one.account_id,
            status="AVAILABLE",
            last_successful_record="rec-1",
        )
    return found


def put(zone: LandingZone, pair: Pair) -> None:
    if pair.new is not None:
        table = zone.backstage("dynamodb", zone.plan.aft_management.id)
        table.put_item(TableName="aft-request", Item=pair.new.item())

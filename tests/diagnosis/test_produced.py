"""What the embedded AWS, and with it rehearsal, answers to a bad order is named by the catalogue."""

from collections.abc import Iterator

import pytest
from aftgen.cloud import LandingZone, in_process
from aftgen.cloud.account_factory import AccountFactory
from aftgen.cloud.clock import Clock
from aftgen.cloud.errors import AwsError
from aftgen.diagnosis.diagnose import diagnose
from aftgen.limits import provisioned_product_name
from diagnosis_evidence import PARAMETERS, errored, letter, processor


@pytest.fixture(scope="module")
def factory() -> Iterator[AccountFactory]:
    with in_process(clock=Clock(frozen=True)) as cloud:
        made = AccountFactory(LandingZone.build(cloud))
        assert made.provision("twice", {**PARAMETERS, "AccountName": "twice"}).ok
        yield made


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"AccountEmail": "management@example.com"}, "email-taken"),
        ({"AccountEmail": f"{'x' * 60}@example.com"}, "email-invalid"),
        ({"AccountName": "x" * 60}, "name-invalid"),
        ({"AccountName": "a+b"}, "bad-product-name"),
        ({"AccountName": "twice"}, "product-exists"),
        ({"SSOUserEmail": "nobody"}, "sso-parameter"),
        ({"SSOUserFirstName": ""}, "sso-parameter"),
        ({"ManagedOrganizationalUnit": "Workloads/Prod"}, "ou-path"),
        ({"ManagedOrganizationalUnit": "Nowhere"}, "ou-not-enrolled"),
    ],
)
def test_an_order_that_fails_is_named(changes: dict[str, str], name: str, factory: AccountFactory) -> None:
    parameters = {**PARAMETERS, "AccountEmail": "new@example.com", "AccountName": "new", **changes}
    try:
        order = factory.provision(provisioned_product_name(parameters["AccountName"]), parameters)
    except AwsError as refused:
        evidence = processor(f"[ERROR] An error occurred ({refused.code}): {refused}", letters=(letter(),))
    else:
        assert not order.ok
        factory.products.pop(order.product.id)
        evidence = errored(order.reason)
    finding = diagnose(evidence).finding
    assert finding is not None
    assert finding.known is not None
    assert finding.known.id == name

"""From an OU path to what AFT wants, and back."""

import pytest
from aftgen.limits import OuReference, parse_ou
from aftgen.organization import Organization

ORGANIZATION = Organization(
    {
        "Sandbox": "ou-ab12-sandbox1",
        "Workloads": "ou-ab12-workload",
        "Workloads/Prod": "ou-ab12-wlprod01",
        "Prod": "ou-ab12-topprod1",
    }
)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("Sandbox", "Sandbox"),
        ("Workloads/Prod", "Prod (ou-ab12-wlprod01)"),
        ("Prod", "Prod (ou-ab12-topprod1)"),
    ],
)
def test_nested_and_ambiguous_ous_are_written_with_their_id(path: str, written: str) -> None:
    reference = ORGANIZATION.reference(path)
    assert str(reference) == written
    assert reference is not None
    assert ORGANIZATION.path_of(reference) == path


def test_an_unknown_path_has_no_reference_but_a_nearest_one() -> None:
    assert ORGANIZATION.reference("Workloads/Pord") is None
    assert ORGANIZATION.nearest("Workloads/Pord") == "Workloads/Prod"
    assert ORGANIZATION.nearest("zzz") is None


def test_a_plain_name_is_a_top_level_ou() -> None:
    assert ORGANIZATION.path_of(OuReference("Workloads")) == "Workloads"
    assert ORGANIZATION.path_of(OuReference("Nested")) is None
    assert ORGANIZATION.path_of(parse_ou("Prod (ou-zzzz-zzzzzzzz)")) is None

"""Every row of the AFT reference's §2.1 to §2.3 and every failing phase of §3.2 is in the catalogue, by name.

The left column is the reference's own wording of a row; a row of the catalogue that goes, or that no longer
says where it is from, fails here.
"""

from typing import Final

import pytest
from aftgen.diagnosis.failures import CATALOGUE
from aftgen.diagnosis.known import Known

ROWS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("§2.1", "new (ADD)", ("name-in-use", "email-in-use", "not-valid")),
    ("§2.1", "existing account not enrolled / unhealthy product", ("not-enrolled",)),
    ("§2.1", "import existing enrolled account", ("ou-not-applied", "name-not-applied")),
    ("§2.1", "modify", ("cannot-be-modified",)),
    ("§2.1", "modify, no healthy product", ("no-healthy-product",)),
    ("§2.1", "CT param + tags/fields in one commit", ("mixed-change",)),
    ("§2.1", "shared accounts", ("shared-name", "shared-ou")),
    (
        "§2.1",
        "customization request for unknown email",
        ("email-not-found", "email-differs", "failed-request-edited"),
    ),
    ("§2.1", "account_customizations_name dir missing", ("customization-missing", "no-metadata-row")),
    ("§2.1", "no metadata row [inferred]", ("no-metadata",)),
    ("§2.1", "OU syntax", ("ou-path", "ou-not-enrolled", "other-ou-of-the-name")),
    (
        "§2.1",
        "A failed new request is not retried by fixing it",
        ("failed-request-changed", "failed-request-renamed", "failed-request-edited"),
    ),
    ("§2.1", "A stack named X already exists", ("product-exists",)),
    ("§2.2", "Invalid request: deleted, then raised", ("not-valid", "vanished")),
    ("§2.2", "Exception in ProvisionProduct: dead letter", ("dead-letter", "busy")),
    (
        "§2.2",
        "Asynchronous CT failure",
        ("describe-account", "email-taken", "ou-not-enrolled"),
    ),
    ("§2.2", "SFN: each lambda state catches", ("framework-state", "create-role", "persist-metadata")),
    ("§2.2", "aft_features has no Catch", ("features",)),
    ("§2.2", "Catch of provisioning customizations has no ResultPath", ("provisioning", "no-state-machine")),
    ("§2.2", "success is told when the pipeline is created", ("no-pipeline",)),
    ("§2.3", "AccountName", ("name-invalid",)),
    ("§2.3", "AccountName -> provisioned product", ("bad-product-name", "product-exists")),
    ("§2.3", "AccountEmail", ("email-invalid", "email-taken")),
    ("§2.3", "SSOUserEmail / names", ("sso-parameter",)),
    ("§2.3", "tags", ("tag-refused",)),
    ("§2.3", "tag removal", ("tags-left",)),
    ("§2.3", "custom_fields key", ("field-refused",)),
    ("§2.3", "custom_fields value", ("field-refused",)),
    ("§2.3", "payload", ("payload", "item-too-large")),
    ("§2.3", "org", ("account-quota", "concurrent-operations")),
    ("§2.3", "account_customizations_name", ("customization-name",)),
    ("§3.2", "install", ("install", "requirements", "clone")),
    ("§3.2", "pre_build", ("pre-helper",)),
    ("§3.2", "build", ("terraform",)),
    ("§3.2", "post_build", ("post-helper",)),
    ("§3.3", "creds.sh: any of the 6 assume-roles failing", ("assume-role",)),
    ("§3.3", "1 h cap", ("expired-credentials",)),
    ("§3.3", "a missing helper file fails the phase", ("helper-missing",)),
    ("§1.2", "terraform apply, timeout", ("request-pipeline", "timeout")),
    ("§1.3", "create = PutItem with attribute_not_exists", ("row-exists",)),
    ("§1.4", "stream, no on-failure destination", ("stream-lost",)),
    ("§1.4", "aft-create-pipeline", ("create-pipeline",)),
    ("§1.4", "later framework runs do not start it", ("not-rerun",)),
    ("§3.1", "pip failure is swallowed, shows as ImportError", ("import-error",)),
    ("§5", "a targeted account without an aft-request row", ("no-request-row",)),
    ("§6", "connection, branches", ("source",)),
)
_OURS: Final = ("access-refused", "access-unfinished", "access-plan-refused", "access-failed")
_BY_ID: Final = {each.id: each for each in CATALOGUE}


@pytest.mark.parametrize(("section", "row", "names"), ROWS, ids=[f"{part} {row}" for part, row, _ in ROWS])
def test_a_row_of_the_reference_is_in_the_catalogue(section: str, row: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in _BY_ID]
    assert missing == [], row
    elsewhere = [name for name in names if section not in _sections(_BY_ID[name])]
    assert elsewhere == [], row


def _sections(known: Known) -> list[str]:
    return known.source.replace(",", " ").replace(";", " ").split()


def test_every_row_of_the_catalogue_is_from_the_reference_or_ours() -> None:
    named = {name for _, _, names in ROWS for name in names} | set(_OURS)
    assert sorted(_BY_ID) == sorted(named)

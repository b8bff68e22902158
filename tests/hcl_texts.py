"""Request files for tests, as text."""

MODULE = "./modules/aft-account-request"


def request(
    name: str = "payments-prod",
    *,
    label: str | None = None,
    email: str | None = None,
    ou: str = "Sandbox",
    extra: str = "",
    source: str = MODULE,
) -> str:
    """A hand-written request; ``extra`` is HCL inside the module block."""
    return f"""module "{label or name.replace(" ", "-")}" {{
  source = "{source}"

  control_tower_parameters = {{
    AccountEmail              = "{email or f"aws+{name.replace(' ', '-').lower()}@example.com"}"
    AccountName               = "{name}"
    ManagedOrganizationalUnit = "{ou}"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "Team"
  }}

  change_management_parameters = {{
    change_requested_by = "Ada"
    change_reason       = "a test"
  }}
{extra}}}
"""

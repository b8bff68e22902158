"""S003: an account whose SSO user nobody knows, and that is to move."""

from collections.abc import Iterator

from aft_access import sso_user

from aftgen.adoption.claims import claimed
from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class SsoUnknown(RequestRule):
    id = "S003"
    name = "sso-unknown"
    title = "The SSO user of this account is not known, and it would move"
    why = (
        "'aftgen import' writes 'unknown: stays in <OU>' where nobody can say whom Control Tower made the "
        "account's administrator. With a change of ManagedOrganizationalUnit AFT sends SSOUserEmail along "
        "(account_request_framework.py, update_existing_account): an address would become an administrator "
        "of the account, and this text ends in AFT's dead-letter queue. A new account cannot have it at all."
    )
    fix = (
        "leave the OU as it is; to move the account, find out who its SSO user is, remove this request, and "
        "add it again with that user in a second pull request"
    )
    bad = """module "payments" {
  # aftgen:account=123456789012
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    ManagedOrganizationalUnit = "Sandbox"
    SSOUserEmail              = "unknown: stays in Security"
  }
}
"""
    good = bad.replace("stays in Security", "stays in Sandbox")

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        email, ou = request.text(CONTROL_TOWER, "SSOUserEmail"), request.ou
        stays = sso_user.stays_in(email) if email is not None else None
        if stays is None:
            return
        if ou is not None and ou != stays:
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"the account's SSO user is not known: it stays in {stays!r}, and {ou!r} is another text",
                request=request,
            )
        if not claimed(request):
            yield self.finding(
                request.span(CONTROL_TOWER, "SSOUserEmail"),
                "an SSO user may be unknown only where the account exists, and no comment says that it does",
                request=request,
                hint="write '# aftgen:account=<id>' at the head of the block, as 'aftgen import' does",
            )

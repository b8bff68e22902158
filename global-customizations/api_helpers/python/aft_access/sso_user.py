"""What stands in a request's SSOUserEmail when nobody knows whom Control Tower made administrator.

An account that AFT takes over keeps its SSO user, but AFT sends SSOUserEmail to Control Tower with
the account's next move to another OU, and Control Tower makes whoever stands there an administrator
of the account (AFT's account_request_framework.py, ``update_existing_account``). So no address is
guessed. The text says in which OU the account stays, as ManagedOrganizationalUnit has it: any change
of that is refused before it is merged, and would be after, because the text is no address and the
product's template refuses it.
"""

from typing import Final

_PREFIX: Final = "unknown: stays in "

UNKNOWN_NAME: Final = "unknown"
"""What stands in SSOUserFirstName and SSOUserLastName then."""


def unknown(ou: str) -> str:
    """The SSOUserEmail of an account whose SSO user nobody knows; `ou` is its ManagedOrganizationalUnit."""
    return _PREFIX + ou


def stays_in(email: str) -> str | None:
    """The ManagedOrganizationalUnit that an unknown SSO user holds the account in; None for an address."""
    return email.removeprefix(_PREFIX) if email.startswith(_PREFIX) else None

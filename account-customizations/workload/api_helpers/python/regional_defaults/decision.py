"""What a region's EC2 defaults need: decided from values, without AWS."""

from dataclasses import dataclass

from .outcome import Changed, Failed, Outcome, Unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The two defaults of a region as EC2 gives them; `http_tokens` is None where none was ever set."""

    ebs_encryption: bool
    http_tokens: str | None
    #: An organization's declarative policy can hold the metadata default; the account cannot change it then.
    policy_holds_metadata: bool = False

    @property
    def needs_encryption(self) -> bool:
        """Whether new volumes would be made without encryption."""
        return not self.ebs_encryption

    @property
    def needs_tokens(self) -> bool:
        """Whether new instances would answer metadata requests without a token."""
        return self.http_tokens != "required"


def decide(region: str, defaults: Defaults) -> Outcome:
    """Set what is not as it should be; a policy that holds the wrong value is a failure for its owner."""
    if defaults.needs_tokens and defaults.policy_holds_metadata:
        return Failed(
            region,
            f"an organization's declarative policy holds http-tokens at {defaults.http_tokens or 'unset'}: "
            "change the policy to required, or take the setting out of it",
        )
    changes = []
    if defaults.needs_encryption:
        changes.append("encrypts new volumes")
    if defaults.needs_tokens:
        changes.append("requires IMDSv2 of new instances")
    if changes:
        return Changed(region, ", ".join(changes))
    return Unchanged(region, "new volumes are encrypted, new instances require IMDSv2")

"""The EC2 calls: what a region's defaults are, and setting those that are not as they should be."""

from typing import Any

from .decision import Defaults


def read(ec2: Any) -> Defaults:
    """The region's defaults."""
    metadata = ec2.get_instance_metadata_defaults().get("AccountLevel", {})
    return Defaults(
        ebs_encryption=ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"],
        http_tokens=metadata.get("HttpTokens"),
        policy_holds_metadata=metadata.get("ManagedBy") == "declarative-policy",
    )


def apply(ec2: Any, defaults: Defaults) -> None:
    """Set what the region needs; the other metadata defaults, such as the hop limit, keep their values."""
    if defaults.needs_encryption:
        ec2.enable_ebs_encryption_by_default()
    if defaults.needs_tokens:
        ec2.modify_instance_metadata_defaults(HttpTokens="required")

"""Entry point of the sandbox's pre-API helper; see the package default_vpcs, and --help."""

import os
import sys
from collections.abc import Sequence

from default_vpcs import command, decision, ec2


def main(arguments: Sequence[str]) -> int:
    """Delete the unused default VPCs of the account that AFT is working on."""
    return command.run(
        arguments,
        os.environ,
        subject="Default VPCs",
        purpose="Delete the default VPC of every enabled region in which nobody uses it.",
        read=ec2.read,
        decide=decision.decide,
        act=ec2.delete,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Entry point of the workload's pre-API helper; see the package regional_defaults, and --help."""

import os
import sys
from collections.abc import Sequence

from regional_defaults import command, decision, ec2


def main(arguments: Sequence[str]) -> int:
    """Set the EC2 defaults of every region of the account that AFT is working on."""
    return command.run(
        arguments,
        os.environ,
        subject="EC2 defaults",
        purpose="Encrypt new volumes and require IMDSv2 of new instances in every enabled region.",
        read=ec2.read,
        decide=decision.decide,
        act=ec2.apply,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

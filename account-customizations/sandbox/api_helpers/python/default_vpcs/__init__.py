"""Deletes the default VPC of every enabled region of a sandbox, where nobody uses it.

`ec2.read` takes stock of a region, `decision.decide` says what becomes of it, `ec2.delete` does it, and
`command.run` goes through the regions and reports. Nothing is deleted on the strength of its name or id: only
AWS's own mark makes a VPC a default VPC, and only what AWS put into it goes with it.
"""

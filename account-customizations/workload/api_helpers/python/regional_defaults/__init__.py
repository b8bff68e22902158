"""Sets two defaults of EC2 in every enabled region of a workload account.

New volumes are encrypted, and new instances answer metadata requests only with a session token (IMDSv2). Both
are settings of a region, not of the account, and reach only what is created from then on. `ec2.read` says
what a region has, `decision.decide` what it needs, `ec2.apply` sets it, and `command.run` goes through the
regions and reports.
"""

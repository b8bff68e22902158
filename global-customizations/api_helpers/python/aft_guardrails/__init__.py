"""Service control policies for the organization and for the accounts that AFT vends.

Read `declarations.py` for what the files in `service-control-policies/` say, `protection.py` for what
a policy may not do, `plan.py` for how files and the live organization become a plan, and
`organization.py` and `account.py` for how a plan becomes policies and attachments. The ledger, the
leases and the way to AWS are those of `aft_access`.
"""

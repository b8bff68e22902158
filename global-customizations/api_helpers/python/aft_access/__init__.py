"""IAM Identity Center access for the accounts that AFT vends.

Read `contract.py` for what a request may say, `catalogue.py` for what the organization
decides, `plan.py` for how the two become a plan and `apply.py` for how a plan becomes access.
"""

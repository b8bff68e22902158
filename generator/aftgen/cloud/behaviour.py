"""What the embedded AWS does where AWS itself varies, is slow, or could not be verified offline.

One frozen value, replaced as a whole (`cloud.behaviour = replace(cloud.behaviour, ...)`). The defaults
follow the Identity Center reference; a field whose comment says [?] decides something that the reference
marks as unknown or knows in two forms, and the fault matrix runs both ways.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

Outcome = Literal["ResourceNotFoundException", "FAILED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Reference: Identity Center reference, sections 3 and 4; the row is named at each field."""

    # §4 "async": a request is IN_PROGRESS for this many status reads, or for this many seconds, whichever
    # ends first. None switches that condition off; both None means that nothing ever finishes.
    polls_until_done: int | None = 1
    seconds_until_done: float | None = 1.0
    # For whoever rehearses no time: with `seconds_until_done` 0 the answer to a request says how it ended,
    # where AWS (and the default) says IN_PROGRESS.
    answers_when_done: bool = False
    # §3 "Number of IAM roles in the AWS account that can be updated at a time: 1": a request waits for an
    # earlier one for another permission set of the same account.
    one_role_update_per_account: bool = True
    # §1 note 10 (ORGF): a list shows an assignment whose creation is still in progress. [?]
    lists_assignments_in_progress: bool = True

    # §4 "concurrency": quotas. None switches a limit off.
    outstanding_limit: int | None = 15
    outstanding_counts_deletions: bool = True  # [?]
    outstanding_error: Literal[
        "ThrottlingException", "ServiceQuotaExceededException", "ConflictException"
    ] = "ThrottlingException"  # [?] EXT issue 87 shows the throttling text
    provisioning_limit: int | None = 3
    calls_per_second: float | None = 20.0  # one bucket for sso-admin, one for identitystore
    # §3 "ConflictException": which second write for a triple that has a write in flight is refused. [?]
    same_triple_conflict: Literal["any", "opposite", "never"] = "any"

    # §3 "deleting an absent one: ResourceNotFoundException or an async FAILED". [?]
    delete_absent: Outcome = "ResourceNotFoundException"
    # §4 "validation": unknown principal or account in CreateAccountAssignment. [?] sync or async
    unknown_principal: Outcome = "ResourceNotFoundException"
    unknown_account: Outcome = "ResourceNotFoundException"
    # A suspended account cannot be reached by Identity Center. [?] sync or async
    suspended_account: Outcome = "FAILED"
    # §3 "Create also provisions": whether it also refreshes a permission set that is provisioned but stale.
    # [?]
    create_refreshes_stale: bool = False
    # ProvisionPermissionSet for an account where the set has no assignment. [?]
    provision_unassigned: Literal["no-op", "FAILED"] = "no-op"
    # §3 "CMP missing in the target account fails async".
    checks_customer_policies: bool = True
    roles_per_account: int = 1000
    permission_sets_per_account: int = 500
    # §2 "for USER it may also return group-inherited rows". [?]
    user_listing_includes_groups: bool = False
    # Assignments of a principal that was deleted from the identity store. [?]
    assignments_outlive_principal: bool = True

    # §4 "UpdatePermissionSet partial": RelayState is always cleared when omitted.
    update_resets_omitted_duration: bool = True  # [?] EXT issue 82
    update_clears_omitted_description: bool = False  # [?]
    # §3 "needed after any policy/boundary/duration change": whether any other update makes a set stale too.
    # [?]
    every_update_makes_stale: bool = False
    # §4 "DeleteInlinePolicy when none": ok or 404 [?]
    delete_absent_inline_policy: Literal["ok", "ResourceNotFoundException"] = "ok"

    # §3 "Case sensitivity of displayName lookup": [?]; userName and emails.value follow the same switch.
    lookup_ignores_case: bool = False
    # §4 "CreateGroup": a group whose DisplayName differs only by case from an existing one. [?]
    names_unique_ignoring_case: bool = False

    # Organizations' API model: DescribeAccount has Paths and State; older answers had neither. [?]
    describes_account_paths: bool = True

    # §3 "SCP side": 10 policies per node and 10,240 characters since May 2026; 5 and 5,120 before. [?]
    policies_per_target: int = 10
    policy_characters: int = 10_240
    # §4 "EnablePolicyType order" is a rule; its asynchrony is time. Number of reads that show PENDING_ENABLE.
    enable_policy_type_polls: int = 0

    # §3 "Every List* pages at <= 100": a smaller page forces the second one.
    page_size: int = 100
    # Credentials that the landing zone did not issue: refused, or taken for this account's administrator.
    anonymous_account: str | None = None

    @classmethod
    def from_mapping(cls, values: dict[str, Any]) -> "Behaviour":
        """Settings from JSON; an unknown name is an error that lists the known ones."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown behaviour {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        return cls(**values)

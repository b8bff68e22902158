"""Organizations: moto's backend with the rules that it forgets in front of it.

Reference: Identity Center reference §4 "Organizations" (duplicate attach, double detach, detaching the last
policy, content size, malformed content, EnablePolicyType order, duplicate OU names and e-mails, delegated
administrators, member accounts); §3 "SCP side". One correction: botocore's model gives
PolicyTypeNotEnabledException to AttachPolicy but not to CreatePolicy, so a policy may be created before its
type is enabled.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud import resource_tags
from aftgen.cloud.calls import is_write
from aftgen.cloud.errors import AwsError, denied
from aftgen.cloud.organization_lists import LISTS
from aftgen.cloud.paging import page
from aftgen.cloud.policy import MalformedPolicyError, Policy
from aftgen.cloud.request import Answer, Request

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

IDENTITY_CENTER_SERVICE: Final = "sso.amazonaws.com"
PAGE: Final = 20
_OPEN_TO_MEMBERS: Final = frozenset({"DescribeOrganization"})
_CONTROL_POLICIES: Final = frozenset({"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"})


class OrganizationRules:
    """What moto has no place for: resource policy, failed account requests, types that are being enabled."""

    def __init__(self) -> None:
        self.resource_policy: str | None = None
        self.failed_requests: dict[str, dict[str, Any]] = {}
        self.pending_types: dict[str, int] = {}


def backend(account: str) -> Any:
    from moto.organizations.models import organizations_backends

    return organizations_backends[account]["aws"]


def account_statuses(management: str) -> dict[str, str]:
    """Account id to ACTIVE or SUSPENDED."""
    return {account.id: str(account.status) for account in backend(management).accounts}


def resources(management: str, given: Mapping[str, Any]) -> tuple[str, ...] | None:
    """ARNs of the policies, accounts, OUs and roots that a call names, as far as they exist; None: none."""
    organization = backend(management)
    known = {each.id: each.arn for each in (*organization.policies, *organization.accounts, *organization.ou)}
    for each in organization.policies:
        if each.aws_managed:  # moto writes the organization's own account there
            known[each.id] = f"arn:aws:organizations::aws:policy/{each.type.lower()}/{each.id}"
    keys = ("PolicyId", "TargetId", "RootId", "ResourceId")
    return tuple(known[given[key]] for key in keys if given.get(key) in known) or None


def perform(cloud: "Cloud", request: Request, moto: Callable[[], Answer]) -> Answer:
    from moto.core.exceptions import ServiceException

    management = cloud.management_account
    if management is None:
        return moto()
    _admit(request, management)
    # A delegated administrator reads the organization of the management account, not one of its own.
    request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = management
    organization = backend(management)
    try:
        if request.operation in LISTS:
            return _json(_listed(cloud, request, organization))
        if request.operation in _OURS:
            return _json(_OURS[request.operation](cloud, request.parameters))
        check = _CHECKS.get(request.operation)
        if check is not None:
            check(cloud, organization, request.parameters)
    except ServiceException as error:
        raise AwsError(error.code, error.message) from error
    answer = moto()
    if int(answer[0]) < 400:
        _note(cloud, request)
        if request.operation == "DescribeAccount" and cloud.behaviour.describes_account_paths:
            return _with_path(organization, answer)
    return answer


def _with_path(organization: Any, answer: Answer) -> Answer:
    """The account's place as one path, `o-…/r-…/ou-…/…/<account>/`, as the API model's pattern has it."""
    status, headers, body = answer
    shown = json.loads(body)
    account = shown["Account"]
    units = {unit.id: unit.parent_id for unit in organization.ou}
    steps = [organization.get_account_by_id(account["Id"]).parent_id]
    while steps[0] in units and units[steps[0]] is not None:
        steps.insert(0, units[steps[0]])
    path = "/".join([organization.org.id, *steps, account["Id"], ""])
    account |= {"Paths": [path], "State": account["Status"]}
    return status, headers, json.dumps(shown)


def _json(result: Mapping[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result)


def _admit(request: Request, management: str) -> None:
    """Writes belong to the management account; delegated administrators of any service may read."""
    if request.account in ("", management):
        return
    if request.operation in _OPEN_TO_MEMBERS:
        return
    delegates = {admin.account.id for admin in backend(management).admins}
    if request.account in delegates and not is_write(request.operation):
        return
    raise denied("You don't have permissions to access this resource.")


def _listed(cloud: "Cloud", request: Request, organization: Any) -> dict[str, Any]:
    member, rows = LISTS[request.operation](organization, request.parameters)
    if request.operation == "ListRoots":
        rows = [_with_pending(cloud, root) for root in rows]
    chosen, more = page(request.operation, rows, request.parameters, min(PAGE, cloud.behaviour.page_size))
    return {member: chosen, **more}


def _with_pending(cloud: "Cloud", root: dict[str, Any]) -> dict[str, Any]:
    """Each read of the root is a step towards ENABLED."""
    shown = {**root, "PolicyTypes": [dict(each) for each in root["PolicyTypes"]]}
    for each in shown["PolicyTypes"]:
        left = cloud.organization.pending_types.get(each["Type"], 0)
        if left:
            each["Status"] = "PENDING_ENABLE"
            cloud.organization.pending_types[each["Type"]] = left - 1
    return shown


def _target(organization: Any, target: str) -> Any:
    found = next((each for each in (*organization.ou, *organization.accounts) if each.id == target), None)
    if found is None:
        raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")
    return found


def _check_attach(cloud: "Cloud", organization: Any, given: Mapping[str, Any]) -> None:
    policy = organization.get_policy_by_id(given["PolicyId"])
    target = _target(organization, given["TargetId"])
    enabled = {each["Type"] for root in organization.list_roots()["Roots"] for each in root["PolicyTypes"]}
    if policy.type not in enabled or cloud.organization.pending_types.get(policy.type):
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    if policy in target.attached_policies:
        raise AwsError(
            "DuplicatePolicyAttachmentException",
            "A policy with the specified policy type is already attached to the target.",
        )
    if _attached(target, policy.type) >= cloud.behaviour.policies_per_target:
        raise _constraint(
            "You have attached the maximum number of policies of this type to the target.",
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )


def _check_detach(cloud: "Cloud", organization: Any, given: Mapping[str, Any]) -> None:  # noqa: ARG001
    policy = organization.get_policy_by_id(given["PolicyId"])
    target = _target(organization, given["TargetId"])
    if policy not in target.attached_policies:
        raise AwsError("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
    if policy.type in _CONTROL_POLICIES and _attached(target, policy.type) == 1:
        raise _constraint(
            "You cannot remove the last policy of this type from the target.",
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )


def _attached(target: Any, policy_type: str) -> int:
    return sum(policy.type == policy_type for policy in target.attached_policies)


def _constraint(message: str, reason: str) -> AwsError:
    return AwsError("ConstraintViolationException", message, Reason=reason)


def _check_content(cloud: "Cloud", organization: Any, given: Mapping[str, Any]) -> None:
    """For CreatePolicy and UpdatePolicy."""
    existing = organization.get_policy_by_id(given["PolicyId"]) if "PolicyId" in given else None
    if existing is not None and existing.aws_managed:
        raise AwsError(
            "InvalidInputException", "AWS managed policies are immutable.", Reason="IMMUTABLE_POLICY"
        )
    name = given.get("Name")
    if name and any(each.name == name and each is not existing for each in organization.policies):
        raise AwsError("DuplicatePolicyException", "A policy with the same name already exists.")
    if "Content" not in given:
        return
    content = str(given["Content"])
    if len(content) > cloud.behaviour.policy_characters:
        raise _constraint(
            f"The policy content exceeds {cloud.behaviour.policy_characters} characters.",
            "POLICY_CONTENT_LIMIT_EXCEEDED",
        )
    kind = existing.type if existing is not None else given["Type"]
    try:
        if kind in _CONTROL_POLICIES:
            Policy.parse(content)
        else:
            json.loads(content)
    except MalformedPolicyError as error:
        if "condition operator" not in str(
            error
        ):  # one that this evaluator does not cover is no fault of the policy
            raise AwsError("MalformedPolicyDocumentException", f"The policy is malformed: {error}") from error
    except ValueError as error:
        raise AwsError("MalformedPolicyDocumentException", f"The policy is malformed: {error}") from error


def _check_unit(cloud: "Cloud", organization: Any, given: Mapping[str, Any]) -> None:  # noqa: ARG001
    organization.validate_parent_id(given["ParentId"])
    if any(each.parent_id == given["ParentId"] and each.name == given["Name"] for each in organization.ou):
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


def _create_account(cloud: "Cloud", given: Mapping[str, Any]) -> dict[str, Any]:
    """A used e-mail address fails as the service does it: later, in the request's status."""
    assert cloud.management_account is not None
    organization = backend(cloud.management_account)
    if not any(account.email.lower() == str(given["Email"]).lower() for account in organization.accounts):
        created: dict[str, Any] = organization.create_account(**given)
        return created
    request_id = f"car-{cloud.random.getrandbits(64):016x}"
    status = {
        "Id": request_id,
        "AccountName": given["AccountName"],
        "State": "FAILED",
        "FailureReason": "EMAIL_ALREADY_EXISTS",
        "RequestedTimestamp": cloud.clock.now(),
    }
    cloud.organization.failed_requests[request_id] = status
    return {"CreateAccountStatus": status}


def _describe_create_account(cloud: "Cloud", given: Mapping[str, Any]) -> dict[str, Any]:
    failed = cloud.organization.failed_requests.get(given["CreateAccountRequestId"])
    if failed is not None:
        return {"CreateAccountStatus": failed}
    assert cloud.management_account is not None
    found: dict[str, Any] = backend(cloud.management_account).describe_create_account_status(**given)
    return found


def _resource_policy(cloud: "Cloud", given: Mapping[str, Any]) -> dict[str, Any]:
    """Put and Describe; Describe without a policy is not found."""
    if "Content" in given:
        cloud.organization.resource_policy = str(given["Content"])
    content = cloud.organization.resource_policy
    if content is None:
        raise AwsError(
            "ResourcePolicyNotFoundException", "We can't find a resource policy for this organization."
        )
    assert cloud.management_account is not None
    organization = backend(cloud.management_account).org
    summary = {
        "Id": "rp-embedded1",
        "Arn": f"{organization.arn.replace(':organization/', ':resourcepolicy/')}/rp-embedded1",
    }
    return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": content}}


def _effective_policy(cloud: "Cloud", given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    raise AwsError("EffectivePolicyNotFoundException", f"There is no effective {given['PolicyType']} here.")


def _note(cloud: "Cloud", request: Request) -> None:
    """What a success means elsewhere: a delegated administrator of Identity Center, a type on its way."""
    given, center = request.parameters, cloud.identity_center
    if center is not None and given.get("ServicePrincipal") == IDENTITY_CENTER_SERVICE:
        if request.operation == "RegisterDelegatedAdministrator":
            center.delegated.add(given["AccountId"])
        elif request.operation == "DeregisterDelegatedAdministrator":
            center.delegated.discard(given["AccountId"])
    if request.operation == "EnablePolicyType" and cloud.behaviour.enable_policy_type_polls:
        cloud.organization.pending_types[given["PolicyType"]] = cloud.behaviour.enable_policy_type_polls


_CHECKS: Final[dict[str, Callable[["Cloud", Any, Mapping[str, Any]], None]]] = {
    "AttachPolicy": _check_attach,
    "DetachPolicy": _check_detach,
    "CreatePolicy": _check_content,
    "UpdatePolicy": _check_content,
    "CreateOrganizationalUnit": _check_unit,
    "TagResource": resource_tags.check,
}
_OURS: Final[dict[str, Callable[["Cloud", Mapping[str, Any]], dict[str, Any]]]] = {
    "CreateAccount": _create_account,
    "DescribeCreateAccountStatus": _describe_create_account,
    "PutResourcePolicy": _resource_policy,
    "DescribeResourcePolicy": _resource_policy,
    "DescribeEffectivePolicy": _effective_policy,
}

"""Failures between the merge and the order at Control Tower: AFT's own rules (AFT reference §2.1, §2.2)."""

from typing import Final

from aftgen.diagnosis.evidence import Evidence, Part
from aftgen.diagnosis.known import Known, Way, stages
from aftgen.diagnosis.stage import Signal, Stage

_ORDER: Final = stages(Stage.TRIGGER, Stage.PROCESSOR, Stage.DEAD_LETTER, Stage.INVOKE)
_AGAIN: Final = (
    "remove the request and add it again, in two pull requests: 'aftgen retry {name} --pr' opens the next one"
)
_NO_RETRY: Final = (
    "A failed new request is not retried by changing it: AFT takes the change for one of an account."
)


def _exists(_: Signal, evidence: Evidence) -> bool:
    """The account of this email is in the organization, and Service Catalog has no healthy product of it."""
    member, healthy = evidence.member, evidence.product is not None and evidence.product.is_healthy
    mine = member is not None and member.email.casefold() == evidence.subject.email.casefold()
    return mine and not healthy


def _no_account(_: Signal, evidence: Evidence) -> bool:
    return evidence.member is None and evidence.can(Part.ACCOUNT)


def _with_others(_: Signal, evidence: Evidence) -> bool:
    """The refused change also changed what is not Control Tower's."""
    records = sorted(evidence.audit, key=lambda each: each.at)[-2:]
    if len(records) < 2:
        return False
    old, new = (each.row for each in records)
    return (old.tags, old.fields, old.customization) != (new.tags, new.fields, new.customization)


FAILURES: Final = (
    Known(
        id="row-exists",
        title="the request's row is in aft-request already",
        stages=stages(Stage.REQUEST_PIPELINE),
        pattern=r"ConditionalCheckFailed|The conditional request failed",
        meaning="Terraform creates the row with 'attribute_not_exists(id)': another request has this email, "
        "or "
        "a row of an earlier one was left behind. Nothing of this request was written.",
        repair=(
            "find the other request with the email {email}: 'aftgen check' names it",
            "where there is none, delete the row from aft-request by hand, and run ct-aft-account-request "
            "again",
        ),
        source="AFT reference §1.3; AFT issue 235",
        way=Way.EDIT,
    ),
    Known(
        id="item-too-large",
        title="a request is larger than a row may be",
        stages=stages(Stage.REQUEST_PIPELINE),
        pattern=r"Item size has exceeded|item size to update has exceeded",
        meaning="DynamoDB takes rows of at most 400 KB, the names of their attributes included. 'terraform "
        "apply' failed at a request, of this account or of another.",
        repair=(
            "make the tags and custom fields of the request that the log names smaller",
            "merge and publish: the push starts the pipeline again",
        ),
        source="AFT reference §2.3 'payload'",
        way=Way.EDIT,
    ),
    Known(
        id="request-pipeline",
        title="the pipeline that writes the requests failed",
        stages=stages(Stage.REQUEST_PIPELINE),
        meaning="ct-aft-account-request applies every request with one 'terraform apply', so the row of this "
        "one was not written either. Nobody is notified.",
        repair=(
            "'aftgen check' finds what the repository could have known; the log below has the rest",
            "merge and publish the fix: the push starts the pipeline again",
        ),
        source="AFT reference §1.2, §1.4 row 1",
        way=Way.EDIT,
    ),
    Known(
        id="stream-lost",
        title="AFT never heard of the new row",
        stages=stages(Stage.STREAM),
        sign="no audit",
        meaning="The stream of aft-request wakes two lambdas, which try twice and have no destination for "
        "what "
        "fails. No audit record means that the record of this row is gone: nothing will start by itself.",
        repair=(
            "see why in the logs of aft-account-request-audit-trigger and aft-account-request-action-trigger",
            _AGAIN,
        ),
        source="AFT reference §1.4 row 3",
        way=Way.AGAIN,
    ),
    Known(
        id="not-enrolled",
        title="the account exists and is not enrolled",
        stages=_ORDER,
        pattern=r"already used in Organizations",
        when=_exists,
        meaning="An account without a healthy provisioned product counts as new for AFT, and a new account's "
        "email and name must be free. AFT refused its own account.",
        repair=(
            "enrol the account in Control Tower, so that Service Catalog has a healthy product of it",
            _AGAIN,
        ),
        source="AFT reference §2.1 'existing account not enrolled'; AFT issues 315, 331",
        way=Way.AGAIN,
    ),
    Known(
        id="name-in-use",
        title="another account has this name",
        stages=_ORDER,
        pattern=r"Account Name: (?P<used>.+?) already used in Organizations",
        meaning="AFT refuses a new account whose name an account of the organization has, a suspended one "
        f"included. The message was deleted. {_NO_RETRY}",
        repair=("choose another AccountName", _AGAIN + "; change the name before the second"),
        source="AFT reference §2.1 'new (ADD)'",
        way=Way.AGAIN,
    ),
    Known(
        id="email-in-use",
        title="another account has this email",
        stages=_ORDER,
        pattern=r"Account Email: (?P<used>\S+) already used in Organizations",
        meaning="AFT refuses a new account whose email an account of the organization has; a closed account "
        f"keeps its email. The message was deleted. {_NO_RETRY}",
        repair=("choose another AccountEmail", _AGAIN + "; change the email before the second"),
        source="AFT reference §2.1 'new (ADD)'",
        way=Way.AGAIN,
    ),
    Known(
        id="failed-request-renamed",
        title="a parameter of a failed new request was changed, which retries nothing",
        stages=_ORDER,
        pattern=r"Control Tower parameter (?P<parameter>\S+) cannot be modified",
        when=_no_account,
        meaning=f"There is no account yet. {_NO_RETRY} Of an account, {{parameter}} can never change.",
        repair=(
            "terminate the errored provisioned product, where there is one",
            _AGAIN + "; it is added again as it is now, with the new {parameter}",
        ),
        source="AFT reference §2.1 'A failed new request is not retried by fixing it'; AFT issue 99",
        way=Way.AGAIN,
    ),
    Known(
        id="mixed-change",
        title="a change was refused, and tags or fields of the same change with it",
        stages=_ORDER,
        pattern=r"Control Tower parameter (?P<parameter>\S+) cannot be modified",
        when=_with_others,
        meaning="Of Control Tower's parameters only the OU can change. The change of {parameter} was "
        "refused, "
        "and tags, fields and customization of the same commit wait for an update that never comes.",
        repair=(
            "put {parameter} back as it was, and merge: AFT raises the error once more, which is harmless",
            "then change tags and fields in a commit of their own",
        ),
        source="AFT reference §2.1 'CT param + tags/fields in one commit'; AFT issue 43",
        way=Way.EDIT,
    ),
    Known(
        id="cannot-be-modified",
        title="a parameter was changed that cannot be",
        stages=_ORDER,
        pattern=r"Control Tower parameter (?P<parameter>\S+) cannot be modified",
        meaning="Of Control Tower's parameters only ManagedOrganizationalUnit can change. AFT's table keeps "
        "the new {parameter}; the account has the old one.",
        repair=(
            "put {parameter} back as it was, and merge: AFT raises the error once more, which is harmless",
        ),
        source="AFT reference §2.1 'modify'",
        way=Way.EDIT,
    ),
    Known(
        id="failed-request-changed",
        title="a failed new request was changed, which retries nothing",
        stages=_ORDER,
        pattern=r"No healthy provisioned product found for (?P<used>\S+)",
        when=_no_account,
        meaning=f"There is no account yet. {_NO_RETRY}",
        repair=("terminate the errored provisioned product, where there is one", _AGAIN),
        source="AFT reference §2.1 'A failed new request is not retried by fixing it'; AFT issue 99",
        way=Way.AGAIN,
    ),
    Known(
        id="no-healthy-product",
        title="the account has no healthy provisioned product",
        stages=_ORDER,
        pattern=r"No healthy provisioned product found for (?P<used>\S+)",
        meaning="AFT moves an account by updating its provisioned product, which must be AVAILABLE or "
        "TAINTED "
        "and have succeeded once. The move was not ordered.",
        repair=(
            "bring the product in order in Service Catalog ('Update', or enrol the account again)",
            "then make the change again: put the OU back, merge, and change it anew",
        ),
        source="AFT reference §2.1 'modify, no healthy product'",
        way=Way.OUTSIDE,
    ),
    Known(
        id="shared-name",
        title="the request of a shared account has another name or email than the account",
        stages=_ORDER,
        pattern=r"is a shared account (?:email|name)\b.*however",
        meaning="For Control Tower's own accounts (management, log archive, audit) name and email must both "
        "be "
        "exactly what Organizations has.",
        repair=("copy name and email from Organizations into the request, and merge",),
        source="AFT reference §2.1 'shared accounts'",
        way=Way.EDIT,
    ),
    Known(
        id="shared-ou",
        title="the request of a shared account names another OU",
        stages=_ORDER,
        pattern=r"Unsupported action: Cannot change OU for a Shared",
        meaning="AFT compares the OU of Control Tower's own accounts with the plain name: 'Name (ou-…)' "
        "always "
        "differs here, and the management account's is 'Root'.",
        repair=("write the OU as its plain name, and merge",),
        source="AFT reference §2.1 'shared accounts'; AFT issues 206, 322",
        way=Way.EDIT,
    ),
    Known(
        id="failed-request-edited",
        title="tags or fields of a failed new request were changed, which retries nothing",
        stages=_ORDER,
        pattern=r"Account email (?P<used>\S+) not found in Organization",
        when=_no_account,
        meaning=f"AFT took the change for a customization of an account that does not exist. {_NO_RETRY}",
        repair=("terminate the errored provisioned product, where there is one", _AGAIN),
        source="AFT reference §2.1 'customization request for unknown email'; AFT issue 99",
        way=Way.AGAIN,
    ),
    Known(
        id="email-not-found",
        title="no account of the organization has the request's email",
        stages=_ORDER,
        pattern=r"Account email (?P<used>\S+) not found in Organization",
        meaning="AFT finds an account by the email of its request; the account has another one, or another "
        "spelling of it.",
        repair=(
            "see the account's email in Organizations; change it there first, then the request",
            "never change the request first: AFT would take that for the removal of a live account",
        ),
        source="AFT reference §2.1, §7",
        way=Way.EDIT,
    ),
    Known(
        id="no-request-row",
        title="an account of AFT has no request",
        stages=_ORDER,
        pattern=r"Account (?P<used>\S+)\s+not found in aft-request",
        meaning="AFT's framework was started for an account that has no row in aft-request; one such account "
        "aborts a whole aft-invoke-customizations run.",
        repair=("give the account a request, or leave it out: 'exclude' in the input",),
        source="AFT reference §5; AFT issue 336",
        way=Way.EDIT,
    ),
    Known(
        id="bad-product-name",
        title="the account's name makes no valid product name",
        stages=_ORDER,
        pattern=r"provisionedProductName'? failed to satisfy constraint",
        meaning="AFT names the provisioned product after the account, spaces as hyphens; Service Catalog "
        "takes "
        "letters, digits and . _ - only. The order failed at once and its message went to the dead letters.",
        repair=(
            "choose a name that begins with a letter or digit and has letters, digits, space . _ - only",
            _AGAIN,
        ),
        source="AFT reference §2.3 'AccountName -> provisioned product'; AFT issues 103, 256",
        way=Way.AGAIN,
    ),
    Known(
        id="product-exists",
        title="a provisioned product of this name is in the way",
        stages=_ORDER | stages(Stage.PRODUCT),
        pattern=r"A stack named (?P<stack>\S+) already exists",
        meaning="An earlier attempt left an errored provisioned product, or the name of another account is "
        "the "
        "same once spaces are hyphens. Service Catalog refuses a second product of the name.",
        repair=("terminate the errored product: 'aftgen retry {name}' prints the command", _AGAIN),
        source="AFT reference §2.1, §2.3; AFT issue 19",
        way=Way.AGAIN,
    ),
    Known(
        id="sso-parameter",
        title="the product refuses the SSO user",
        stages=_ORDER | stages(Stage.PRODUCT),
        pattern=r"(?:Parameter )?(?P<parameter>SSOUser\w+)\W.*(?:failed to satisfy constraint|must match "
        r"pattern)",
        meaning="Account Factory's template demands an SSOUserEmail of the form name@domain.tld and names "
        "that "
        "are not empty. The order failed at once and its message went to the dead letters.",
        repair=("correct {parameter}", _AGAIN),
        source="AFT reference §2.3 'SSOUserEmail / names'; AFT issue 377",
        way=Way.AGAIN,
    ),
    Known(
        id="busy",
        title="Control Tower was busy with another operation",
        stages=_ORDER | stages(Stage.PRODUCT, Stage.CONTROL_TOWER),
        pattern=r"another AWS Control Tower operation is in progress",
        meaning="Control Tower refused the order because it was busy; AFT does not try again, and the "
        "message "
        "went to the dead letters.",
        repair=("when Control Tower is free again, redrive the message: 'aftgen retry {name} --redrive'",),
        source="AFT reference §2.2; AFT issue 363",
        way=Way.AGAIN,
    ),
    Known(
        id="ou-path",
        title="the OU is written as a path",
        stages=_ORDER | stages(Stage.PRODUCT, Stage.CONTROL_TOWER),
        pattern=r"organizational unit '(?P<unit>[^']*/[^']*)' is not enrolled",
        meaning="Control Tower takes 'Name' for an OU below the root and 'Name (ou-id)' for a nested one, "
        "and no "
        "path: it found no OU called {unit}.",
        repair=("write the OU as 'Name (ou-…)': 'aftgen edit {name} --ou PATH' does", _AGAIN),
        source="AFT reference §2.1 'OU syntax'",
        way=Way.AGAIN,
    ),
    Known(
        id="ou-not-enrolled",
        title="the OU is not registered with Control Tower",
        stages=_ORDER | stages(Stage.PRODUCT, Stage.CONTROL_TOWER),
        pattern=r"organizational unit '(?P<unit>[^']*)' is not enrolled",
        meaning="The OU {unit} does not exist under this name, or AWSControlTowerBaseline is not enabled on "
        "it.",
        repair=("register the OU in Control Tower, or name another", _AGAIN),
        source="AFT reference §2.1 'OU syntax', §2.2",
        way=Way.AGAIN,
    ),
    Known(
        id="not-valid",
        title="AFT refused the request",
        stages=_ORDER,
        pattern=r"CT Request is not valid",
        meaning="AFT's rules refused it; which one is only in the log of aft-account-request-processor, in "
        "the "
        "line before, and that line was not found. The message was deleted: it is in no queue.",
        repair=(
            "read the log group below around the time of the failure; 'aftgen check' finds most reasons",
            "a new account: " + _AGAIN,
        ),
        source="AFT reference §2.1, §2.2 'Invalid request'",
        way=Way.AGAIN,
    ),
    Known(
        id="describe-account",
        title="AFT reports a failed vend by a question about an account that does not exist",
        stages=stages(Stage.INVOKE, Stage.CONTROL_TOWER),
        pattern=r"DescribeAccount|Not Available",
        meaning="Control Tower told AFT of the failure with the account id 'Not Available', and AFT asked "
        "Organizations about it. That error is not the reason: the reason is in the record of the "
        "provisioned "
        "product and in Control Tower's CloudTrail events, in the management account.",
        repair=("see what Service Catalog says of the product {product}", _AGAIN),
        source="AFT reference §2.2 'Asynchronous CT failure'; AFT issues 456, 39, 598",
        way=Way.AGAIN,
    ),
    Known(
        id="dead-letter",
        title="ordering the account failed, and the message is a dead letter",
        stages=stages(Stage.DEAD_LETTER),
        sign="dead letter",
        meaning="An exception while AFT ordered at Service Catalog leaves the message in the queue, and "
        "after "
        "240 s it is a dead letter, of which nobody is told. The reason is in the log of "
        "aft-account-request-processor only, and was not found there.",
        repair=(
            "find and remove the reason; then 'aftgen retry {name} --redrive' puts the same order again",
            "where the request itself must change: " + _AGAIN,
        ),
        source="AFT reference §2.2; AFT issue 399",
        way=Way.AGAIN,
    ),
)

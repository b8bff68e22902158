"""Failures of AFT's state machines, after the account exists: AFT reference §2.2 and §2.3."""

import re
from typing import Final

from aftgen.diagnosis.known import Known, Way, stages
from aftgen.diagnosis.stage import Stage

_MACHINE: Final = stages(Stage.FRAMEWORK)
#: aft-invoke-customizations leaves out accounts without metadata (aft_common, ``filter_non_aft_accounts``).
METADATA: Final = (
    "change anything in the request (its change_reason is enough), merge and publish: AFT runs its "
    "framework, whose first step writes the row; aft-invoke-customizations would leave the account out"
)
_INVOKE: Final = (
    "run AFT's framework again: start aft-invoke-customizations with "
    '{{"include": [{{"type": "accounts", "target_value": ["{id}"]}}]}}'
)
#: AWS's own "no" or "not now", which says nothing of what was asked for.
_RIGHTS: Final = re.compile(
    r"AccessDenied|not authorized|Throttl|TooManyRequests|ServiceException|Unavailable"
)

FAILURES: Final = (
    Known(
        id="tag-refused",
        title="Organizations refuses a tag",
        stages=_MACHINE,
        pattern=r"TagResource|tag_account|TAG_POLICY|TagPolicy|MAX_TAG_LIMIT|InvalidTag|tag key|tag value|"
        r"Tags\[\d+\]|aws:.{0,20}prefix",
        when=lambda signal, _: "tag_account" in signal.state and not _RIGHTS.search(signal.text),
        meaning="One bad tag fails all: 50 tags, keys of 1 to 128 and values of 0 to 256 characters "
        "(letters, "
        "digits, space _ . : / = + - @), no 'aws:' prefix, text and no number, and as the organization's tag "
        "policies allow. The account exists; it has no tags, fields or pipeline.",
        repair=("correct the tag, merge and publish: AFT runs its framework again by itself",),
        source="AFT reference §2.3 'tags'; §1.3",
        way=Way.EDIT,
    ),
    Known(
        id="field-refused",
        title="Parameter Store refuses a custom field",
        stages=_MACHINE,
        pattern=r"ValidationException|ParameterMaxVersion|HierarchyLevelLimit|ParamValidationError|"
        r"Parameter validation failed|Parameter name|valid types: <class 'str'>|4096|\{\{",
        when=lambda signal, _: "account_metadata_ssm" in signal.state and not _RIGHTS.search(signal.text),
        meaning="AFT writes each custom field to a parameter of the account: its key takes letters, digits "
        "and "
        "_ . / - in at most 12 levels, its value is text of 1 to 4,096 bytes without '{{{{'. The account "
        "exists; it has no pipeline.",
        repair=("correct the field, merge and publish: AFT runs its framework again by itself",),
        source="AFT reference §2.3 'custom_fields key', 'custom_fields value'; §1.3",
        way=Way.EDIT,
    ),
    Known(
        id="payload",
        title="the request is too large for a state machine",
        stages=_MACHINE | stages(Stage.TRIGGER, Stage.INVOKE, Stage.FEATURES, Stage.PROVISIONING),
        pattern=r"States\.DataLimitExceeded|262144|262,144",
        meaning="A state machine takes 262,144 bytes of input, and the whole request is in it.",
        repair=("make the request's tags and custom fields smaller, merge and publish",),
        source="AFT reference §2.3 'payload'",
        way=Way.EDIT,
    ),
    Known(
        id="features",
        title="a feature option failed, and nobody was told",
        stages=stages(Stage.FEATURES),
        meaning="The state aft_features has no Catch: the execution ends without a notification, and neither "
        "provisioning customizations nor the pipeline follow.",
        repair=("remove the cause below", _INVOKE),
        source="AFT reference §2.2",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="no-state-machine",
        title="the state machine aft-account-provisioning-customizations does not exist",
        stages=stages(Stage.PROVISIONING),
        pattern=r"StateMachineDoesNotExist|State Machine Does Not Exist",
        meaning="AFT runs it for every account; the fourth repository must define it, and its pipeline must "
        "have applied it. Without it no customizations pipeline is created.",
        repair=(
            "publish account-provisioning-customizations, and see that its pipeline succeeds",
            _INVOKE,
        ),
        source="AFT reference §4, §2.2",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="provisioning",
        title="the provisioning customizations failed, and no pipeline was created",
        stages=stages(Stage.PROVISIONING),
        meaning="AFT catches this failure without keeping its input, so that the next state fails for a "
        "missing path (States.Runtime): that error is not the reason. The account has no customizations "
        "pipeline.",
        repair=("remove the cause in the state machine aft-account-provisioning-customizations", _INVOKE),
        source="AFT reference §2.2 [inferred from AFT's definition]",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="create-pipeline",
        title="the account's pipeline could not be created",
        stages=stages(Stage.CREATE_PIPELINE),
        meaning="The build aft-create-pipeline applies Terraform that makes the account's customizations "
        "pipeline; its state is in S3 whatever the distribution.",
        repair=("remove the cause in the log below", _INVOKE),
        source="AFT reference §1.4 row 10; AFT issue 348",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="create-role",
        title="AFT could not make its roles in the account",
        stages=_MACHINE,
        when=lambda signal, _: "create_role" in signal.state,
        meaning="The framework makes AWSAFTExecution and AWSAFTService in the account and tries for minutes. "
        "Nothing after it ran: no tags, fields or pipeline.",
        repair=("remove the cause below", _INVOKE),
        source="AFT reference §1.4 row 9, §2.2",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="persist-metadata",
        title="AFT could not note the account in aft-request-metadata",
        stages=_MACHINE,
        when=lambda signal, _: "persist_metadata" in signal.state,
        meaning="It is the first step of AFT's framework: nothing after it ran, no roles, tags, fields or "
        "pipeline, and aft-invoke-customizations does not know the account.",
        repair=("remove the cause below", METADATA),
        source="AFT reference §1.4 row 9, §2.2, §5",
        way=Way.EDIT,
    ),
    Known(
        id="framework-state",
        title="AFT's framework stopped",
        stages=_MACHINE,
        when=lambda signal, _: bool(signal.state),
        meaning="A step of aft-account-provisioning-framework failed; AFT told its failure topic, and none "
        "of "
        "the later steps ran. The account exists without them.",
        repair=("remove the cause below", _INVOKE),
        source="AFT reference §2.2, §1.4 row 9",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="no-pipeline",
        title="the account has no customizations pipeline",
        stages=stages(Stage.OUTCOME),
        sign="no pipeline",
        meaning="AFT's framework succeeded and told so; that notification comes when a pipeline is created, "
        "not when it ends. The pipeline was deleted since.",
        repair=(_INVOKE,),
        source="AFT reference §2.2, §7; AFT issues 575, 121",
        way=Way.FRAMEWORK,
    ),
    Known(
        id="no-metadata",
        title="AFT has no metadata of the account",
        stages=stages(Stage.OUTCOME),
        sign="no metadata",
        meaning="The customizations look up the account's folder in aft-request-metadata; without its row "
        "they "
        "look for 'null'.",
        repair=(METADATA,),
        source="AFT reference §2.1 [inferred], §5",
        way=Way.EDIT,
    ),
)

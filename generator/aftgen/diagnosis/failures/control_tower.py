"""Failures of Control Tower, minutes after the order was taken: only Service Catalog's record has the reason.

Sources: AFT reference §2.2 "Asynchronous CT failure" and §2.3; the codes are those of Organizations'
CreateAccountStatus (``FailureReason``, botocore's model of organizations).
"""

from typing import Final

from aftgen.diagnosis.known import Known, Way, stages
from aftgen.diagnosis.stage import Stage

_AFTER: Final = stages(Stage.PRODUCT, Stage.CONTROL_TOWER)
_TERMINATE: Final = "terminate the errored provisioned product: 'aftgen retry {name}' prints the command"
_AGAIN: Final = "then remove the request and add it again, in two pull requests: 'aftgen retry {name} --pr'"

FAILURES: Final = (
    Known(
        id="email-taken",
        title="the email belongs to another AWS account",
        stages=_AFTER,
        pattern=r"EMAIL_ALREADY_EXISTS|email.{0,60}(?:already (?:in "
        r"use|exists|associated|registered)|belongs to "
        r"another)",
        meaning="An email belongs to one AWS account in the whole world, and a closed account keeps its own. "
        "AFT sees no more than the account id 'Not Available'.",
        repair=("choose an email that no account has or had", _TERMINATE, _AGAIN),
        source="AFT reference §2.2, §2.3 'AccountEmail'; AFT issue 598",
        way=Way.AGAIN,
    ),
    Known(
        id="email-invalid",
        title="Organizations refuses the email",
        stages=_AFTER,
        pattern=r"INVALID_EMAIL|email.{0,40}(?:is not valid|is invalid|longer than|at most 64)|"
        r"accountEmail.{0,80}failed to satisfy constraint",
        meaning="An account's email has 6 to 64 characters of ASCII and one @. It is judged only when "
        "Control Tower makes the account.",
        repair=("correct the email: 'aftgen check' says what is wrong with it", _TERMINATE, _AGAIN),
        source="AFT reference §2.3 'AccountEmail'; AFT issue 598",
        way=Way.AGAIN,
    ),
    Known(
        id="name-invalid",
        title="Organizations refuses the account's name",
        stages=_AFTER,
        pattern=r"INVALID_INPUT.*name|accountName.{0,80}failed to satisfy constraint|account name.{0,60}"
        r"(?:not valid|invalid|longer than|at most 50)",
        meaning="An account's name has 1 to 50 characters of printable ASCII. It is judged only when "
        "Control Tower makes the account.",
        repair=("correct the name: 'aftgen check' says what is wrong with it", _TERMINATE, _AGAIN),
        source="AFT reference §2.3 'AccountName'",
        way=Way.AGAIN,
    ),
    Known(
        id="account-quota",
        title="the organization may not have more accounts",
        stages=_AFTER,
        pattern=r"ACCOUNT_LIMIT_EXCEEDED|(?:exceed|reached).{0,60}(?:number of accounts|account limit)|"
        r"account (?:quota|limit).{0,30}exceeded",
        meaning="The quota of accounts is used up; it is 10 at first, and closed accounts count until they "
        "are "
        "gone for good.",
        repair=("ask AWS for a higher quota 'Default maximum number of accounts'", _TERMINATE, _AGAIN),
        source="AFT reference §2.3 'org'; AFT issue 92",
        way=Way.AGAIN,
    ),
    Known(
        id="concurrent-operations",
        title="Control Tower has too many account operations at once",
        stages=_AFTER | stages(Stage.PROCESSOR, Stage.DEAD_LETTER),
        pattern=r"CONCURRENT_ACCOUNT_MODIFICATION|(?:too many|maximum|limit).{0,60}concurrent.{0,40}account|"
        r"concurrent account operations",
        meaning="Control Tower does five account operations at a time, those of people in the console "
        "included; AFT's own threshold may not see all of them.",
        repair=("wait until the others are done", _TERMINATE, _AGAIN),
        source="AFT reference §2.3 'org', §1.4 row 6; AFT issue 92",
        way=Way.AGAIN,
    ),
)

"""An account that is not as its request says, though nothing reported a failure: AFT reference §2.1, §2.3."""

from typing import Final

from aftgen.diagnosis.known import Known, Way, stages
from aftgen.diagnosis.stage import Stage

FAILURES: Final = (
    Known(
        id="vanished",
        title="AFT took the order, and nothing came of it",
        stages=stages(Stage.OUTCOME),
        sign="vanished",
        meaning="A refused request is deleted from the queue; the reason was told to AFT's failure topic and "
        "its processor's log, where it was not found.",
        repair=(
            "'aftgen check' finds most reasons",
            "remove the request and add it again, in two pull requests: 'aftgen retry {name} --pr'",
        ),
        source="AFT reference §2.2 'Invalid request'",
        way=Way.AGAIN,
    ),
    Known(
        id="email-differs",
        title="the account has another email than its request",
        stages=stages(Stage.OUTCOME),
        sign="email differs",
        meaning="AFT finds an account by the email of its request: with another one, no change of the "
        "request reaches the account.",
        repair=(
            "see which of the two is right; where it is the request's, change the account's root email",
            "where it is the account's, change the request: AFT takes over the account as it is, and its "
            "cleanup of the old email finds nothing",
        ),
        source="AFT reference §2.1 'customization request for unknown email', §7; AFT issues 282, 562",
        way=Way.EDIT,
    ),
    Known(
        id="ou-not-applied",
        title="the account is in another OU than its request says",
        stages=stages(Stage.OUTCOME),
        sign="ou differs",
        meaning="AFT moves an account only when the OU of its request changes: an account that was taken "
        "over "
        "stays where it is, and a move by another hand is not undone.",
        repair=("set the request to where the account is, and merge; then change it to where it should be",),
        source="AFT reference §2.1 'import existing enrolled account'; AFT issue 374",
        way=Way.EDIT,
    ),
    Known(
        id="name-not-applied",
        title="the account has another name than its request says",
        stages=stages(Stage.OUTCOME),
        sign="name differs",
        meaning="AFT never renames an account: one that was taken over keeps its name, and the request's is "
        "used nowhere.",
        repair=("set AccountName to what Organizations has; nobody but the account itself renames it",),
        source="AFT reference §2.1 'import existing enrolled account'; AFT issues 374, 582",
        way=Way.OUTSIDE,
    ),
    Known(
        id="other-ou-of-the-name",
        title="the account is in another OU of the same name",
        stages=stages(Stage.OUTCOME),
        sign="other unit of the name",
        meaning="With two OUs of one name, the nested form was taken for the one below the root.",
        repair=(
            "rename one of the two OUs",
            "then move the account: change its OU, merge, and change it back",
        ),
        source="AFT reference §2.1 'OU syntax'; AFT issue 147",
        way=Way.OUTSIDE,
    ),
    Known(
        id="tags-left",
        title="tags that left the request are still on the account",
        stages=stages(Stage.OUTCOME),
        sign="tags left",
        meaning="AFT sets tags and never removes one.",
        repair=("remove them by hand: 'aws organizations untag-resource --resource-id {id} --tag-keys KEY'",),
        source="AFT reference §2.3 'tag removal'; AFT issues 160, 238, 370",
        way=Way.OUTSIDE,
    ),
)

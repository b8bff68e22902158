"""What a rehearsal prints in the end, line by line, on wide and narrow screens; the portal of a person."""

from dataclasses import replace

from aftgen.rehearsal.pipeline import PipelineResult, StageResult
from aftgen.rehearsal.report import lines, portal_lines
from aftgen.rehearsal.result import AccountResult, Entry, Failure, Policy, Result, as_object, portal

AUDITORS = Entry(principal="group:auditors", permission_set="ReadOnlyAccess", source="request")
OWNER = Entry(principal="user:ana@example.com", permission_set="AWSAdministratorAccess", source="SSO user")
DEFAULT = Entry(
    principal="group:AWSControlTowerAdmins",
    permission_set="AWSOrganizationsFullAccess",
    source="Control Tower",
)
FINE = PipelineResult(account="1", ok=True, stages=())
LAB = AccountResult(
    name="lab",
    id="900000000001",
    ou="Workloads/Prod",
    what="created",
    customization="workload",
    entries=(AUDITORS, OWNER, DEFAULT),
    tags={"b": "2", "a": "1"},
    first=FINE,
    second=FINE,
)


def text(result: Result, width: int = 110) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines(result, width=width)]


def test_a_rehearsal_that_went_well() -> None:
    assert text(Result(release="1.20.1", accounts=(LAB,))) == [
        "1 account rehearsed as AFT 1.20.1 would.",
        "",
        "ACCOUNT  OU              REQUEST  CUSTOMIZATION  PIPELINE  SECOND RUN",
        "lab      Workloads/Prod  created  workload       ok        changed nothing",
        "",
        "ACCOUNT  TAGS",
        "lab      a=1, b=2",
        "",
        "Who can sign in with what",
        "ACCOUNT  OU              WHO                   PERMISSION SET          WHY",
        "lab      Workloads/Prod  group:auditors        ReadOnlyAccess          request",
        "                         user:ana@example.com  AWSAdministratorAccess  SSO user",
        "Control Tower's own groups hold their usual permission sets as well (--json lists them).",
    ]


def test_a_narrow_screen_leaves_out_the_least_telling_columns() -> None:
    rule = replace(AUDITORS, source="rule auditors-everywhere-and-always")
    narrow = text(Result(release="1.20.1", accounts=(replace(LAB, entries=(rule, OWNER), tags={}),)), 68)
    assert narrow[2:4] == [
        "ACCOUNT  OU              REQUEST  PIPELINE  SECOND RUN",
        "lab      Workloads/Prod  created  ok        changed nothing",
    ]
    assert narrow[6:] == [
        "ACCOUNT  WHO                   PERMISSION SET          WHY",
        "lab      group:auditors        ReadOnlyAccess          rule auditor…",
        "         user:ana@example.com  AWSAdministratorAccess  SSO user",
    ]
    assert all(len(line) <= 68 for line in narrow)


def test_a_change_says_what_it_gives_and_takes() -> None:
    lost = Entry(principal="group:developers", permission_set="DeveloperAccess")
    changed = replace(LAB, what="changed: custom_fields", gained=(AUDITORS,), lost=(lost,), tags={})
    gone = AccountResult(name="old", id="2", ou="Sandbox", what="left to itself", entries=(OWNER,))
    shown = text(Result(release="1.20.1", accounts=(changed,), removed=(gone,), before="main"))
    assert shown[0] == "2 accounts rehearsed as AFT 1.20.1 would, from main to the working tree."
    assert shown[7:] == [
        "ACCOUNT  OU                 WHO                   PERMISSION SET          WHY",
        "lab      Workloads/Prod  +  group:auditors        ReadOnlyAccess          request",
        "                            user:ana@example.com  AWSAdministratorAccess  SSO user",
        "                         -  group:developers      DeveloperAccess         revoked",
        "old      Sandbox            user:ana@example.com  AWSAdministratorAccess  SSO user",
        "Control Tower's own groups hold their usual permission sets as well (--json lists them).",
        "old is no longer AFT's; who could sign in still can: nothing revokes it.",
    ]


def test_failures_come_with_their_reasons_places_and_logs() -> None:
    stage = StageResult(name="global pre", ok=False, reason="exit status 3")
    failed = replace(
        LAB,
        entries=(),
        tags={},
        first=PipelineResult(account="1", ok=False, stages=(stage,)),
        second=None,
        missing=(AUDITORS,),
        policies=(Policy(name="deny-leave", attached_to="Root"),),
        failures=(Failure(stage="global pre", reasons=("exit status 3\nline two",), log="one\n\x1b[31mtwo"),),
    )
    refused = AccountResult(
        name="bad",
        what="refused",
        failures=(Failure(stage="requests", reasons=("O002 no such OU",), place="a.tf:1"),),
    )
    shown = text(Result(release="1.20.1", accounts=(failed, refused)))
    assert shown[2:] == [
        "ACCOUNT  OU              REQUEST  CUSTOMIZATION  PIPELINE",
        "lab      Workloads/Prod  created  workload       failed",
        "bad                      refused  -              -",
        "",
        "Service control policies in force",
        "ACCOUNT  ATTACHED TO  POLICIES",
        "lab      Root         deny-leave",
        "",
        "Who can sign in with what",
        "ACCOUNT  OU              WHO             PERMISSION SET  WHY",
        "lab      Workloads/Prod  group:auditors  ReadOnlyAccess  request: NOT granted",
        "",
        "lab failed in global pre",
        "  exit status 3",
        "  line two",
        "  | one",
        "  | \\x1b[31mtwo",
        "",
        "bad failed in requests (a.tf:1)",
        "  O002 no such OU",
    ]


PRODUCTION = "Workloads/Prod"
INHERITED = (
    Policy(name="protect-aft-roles", attached_to="Root"),
    Policy(name="stay-in-the-organization", attached_to="Root"),
    Policy(name="regions", attached_to=PRODUCTION),
    Policy(name="restricted-data", attached_to="account"),
)


def policies(result: Result, width: int) -> list[str]:
    shown = text(result, width)
    start = shown.index("Service control policies in force") + 1
    return shown[start : shown.index("", start)]


def test_policies_stand_where_they_are_attached_and_every_name_is_there() -> None:
    other = replace(LAB, name="other", policies=INHERITED[:1])
    result = Result(release="1.20.1", accounts=(replace(LAB, policies=INHERITED), other))
    assert policies(result, 80) == [
        "ACCOUNT  ATTACHED TO     POLICIES",
        "lab      Root            protect-aft-roles, stay-in-the-organization",
        "         Workloads/Prod  regions",
        "         account         restricted-data",
        "other    Root            protect-aft-roles",
    ]
    assert policies(result, 60)[1:3] == [
        "lab      Root            protect-aft-roles,",
        "                         stay-in-the-organization",
    ]


def test_a_change_says_which_policies_begin_and_end_to_bind() -> None:
    gone = Policy(name="sandbox-limits", attached_to="Sandbox")
    moved = replace(LAB, policies=INHERITED[:3], policies_gained=INHERITED[2:3], policies_lost=(gone,))
    assert policies(Result(release="1.20.1", accounts=(moved,), before="main"), 60) == [
        "ACCOUNT     ATTACHED TO     POLICIES",
        "lab         Root            protect-aft-roles,",
        "                            stay-in-the-organization",
        "         +  Workloads/Prod  regions",
        "         -  Sandbox         sandbox-limits",
    ]


def test_what_fails_for_the_whole_organization_is_no_success() -> None:
    failure = Failure(stage="guardrails", reasons=("the policy x is somebody else's",), log="all of it")
    failed = Result(release="1.20.1", accounts=(LAB,), organization=(failure,))
    assert not failed.ok
    assert text(failed)[-4:] == [
        "",
        "the organization failed in guardrails",
        "  the policy x is somebody else's",
        "  | all of it",
    ]
    assert as_object(failed)["organization"] == {
        "failures": [
            {
                "stage": "guardrails",
                "reasons": ["the policy x is somebody else's"],
                "place": None,
                "log": "all of it",
            }
        ]
    }


def test_nothing_is_applied() -> None:
    stopped = Result(release="1.20.1", stopped=("bad.tf:1:1: B001 a block",))
    assert text(stopped) == [
        "Nothing is applied: AFT 1.20.1 would stop in the account-request pipeline.",
        "",
        "  bad.tf:1:1: B001 a block",
    ]
    assert not stopped.ok


def test_a_second_run_that_changed_something_is_no_success() -> None:
    wrote = Result(release="1.20.1", accounts=(LAB,), second_writes=("lab: iam:CreateRole (2)",))
    assert not wrote.ok
    assert "changed something" in text(wrote)[3]
    assert text(wrote)[-2:] == [
        "The second run was to change nothing, and changed:",
        "  lab: iam:CreateRole (2)",
    ]


def test_the_portal_shows_a_persons_own_access_and_that_of_their_groups() -> None:
    result = Result(release="1.20.1", accounts=(LAB,), members={"auditors": ("ana@example.com",)})
    rows = portal(result, "ana@example.com")
    assert [(row.permission_set, row.via) for row in rows] == [
        ("AWSAdministratorAccess", ""),
        ("ReadOnlyAccess", "auditors"),
    ]
    assert portal(result, "bob@example.com", ["auditors"]) == rows[1:]
    shown = ["".join(piece for piece, _ in line) for line in portal_lines("ana@example.com", rows, width=80)]
    assert shown == [
        "",
        "What ana@example.com sees in the access portal",
        "ACCOUNT  PERMISSION SET          THROUGH",
        "lab      AWSAdministratorAccess  own",
        "lab      ReadOnlyAccess          group:auditors",
    ]
    [_, nothing] = portal_lines("eve", (), width=80)
    assert nothing == (("eve sees no account in the portal.", ""),)


def test_the_json_has_everything_a_machine_asks_for() -> None:
    failure = Failure(stage="requests", reasons=("why",), place="a.tf:1")
    account = replace(LAB, failures=(failure,), policies=INHERITED[:1])
    value = as_object(Result(release="1.20.1", accounts=(account,), before="main"))
    [shown] = value.pop("accounts")
    assert value == {
        "version": 1,
        "event": "result",
        "ok": False,
        "release": "1.20.1",
        "before": "main",
        "stopped": [],
        "removed": [],
        "organization": {"failures": []},
        "second_run": [],
        "remarks": [],
    }
    assert shown["access"][2] == {
        "principal": "group:AWSControlTowerAdmins",
        "permission_set": "AWSOrganizationsFullAccess",
        "source": "Control Tower",
    }
    assert (shown["id"], shown["organizational_unit"], shown["tags"]) == (
        "900000000001",
        "Workloads/Prod",
        {"b": "2", "a": "1"},
    )
    assert shown["failures"] == [{"stage": "requests", "reasons": ["why"], "place": "a.tf:1", "log": None}]
    assert shown["service_control_policies"] == [{"name": "protect-aft-roles", "attached_to": "Root"}]
    assert shown["service_control_policies_gained"] == shown["service_control_policies_lost"] == []

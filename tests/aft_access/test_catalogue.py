"""The catalogue: files that others own, read whole or not at all, every problem with its place."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from access_fakes import ADMINISTRATOR, BASE_ACCESS, READ_ONLY, write_tree
from aft_access.catalogue import SCHEMAS, Catalogue, CatalogueError, load
from aft_access.contract import AccessDeclaration, Grant, Principal

Tree = Callable[..., Path]
EXAMPLE = Path(__file__).parents[2] / "global-customizations"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    def make(access: str = BASE_ACCESS, sets: dict[str, str] | None = None, **files: str) -> Path:
        return write_tree(tmp_path, access, sets, **files)

    return make


def problems(folder: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(folder)
    assert str(caught.value) == "\n".join(str(one) for one in caught.value.problems)
    return [str(one) for one in caught.value.problems]


def declared(*grants: str) -> AccessDeclaration:
    return AccessDeclaration(grants=tuple(Grant.parse(one) for one in grants))


def test_the_example_of_the_repository_is_sound() -> None:
    catalogue = load(EXAMPLE)
    assert {name: catalogue.is_privileged(name) for name in catalogue.permission_sets} == {
        "AWSReadOnlyAccess": False,
        "AdministratorAccess": True,
        "DeveloperAccess": True,
        "ReadOnlyAccess": False,
    }
    assert catalogue.warnings == ()


def test_every_file_has_a_schema_for_editors() -> None:
    assert {name: model.model_json_schema()["type"] for name, model in SCHEMAS.items()} == dict.fromkeys(
        SCHEMAS, "object"
    )


def test_access_yaml_is_the_one_file_that_must_exist(tmp_path: Path) -> None:
    assert problems(tmp_path) == ["identity-center/access.yaml: cannot be read: No such file or directory"]
    (tmp_path / "identity-center").mkdir()
    (tmp_path / "identity-center" / "access.yaml").write_text("identity_center: {region: eu-west-1}", "utf-8")
    catalogue = load(tmp_path)
    assert (dict(catalogue.permission_sets), catalogue.access.max_revocations) == ({}, 5)


def test_all_problems_of_all_files_are_told_with_their_lines(tree: Tree) -> None:
    folder = tree(
        "identity_center:\n  region: nowhere\nmax_revocations: -1\nextra: 1\nrules:\n  - name: a\n",
        {"Good": READ_ONLY, "Bad": "description: x\nsession_duration: PT13H\n", "No": "{}"},
        organization="organizational_units: {Prod: ou-1}\n",
        groups="groups: {'a\u200b': {}}\n",
        principals="principals: {auditors: {id: x, reason: y, reviewed: 2026-01-01}}\n",
    )
    found = problems(folder)
    places = [one.split(": ")[0] + " " + one.split(": ")[1] for one in found]
    assert places == [
        "identity-center/access.yaml:2 identity_center.region",
        "identity-center/access.yaml:3 max_revocations",
        "identity-center/access.yaml:4 extra",
        "identity-center/access.yaml:6 rules[0].grants",
        "identity-center/access.yaml:6 rules[0].match",
        "identity-center/groups.yaml:1 groups",
        "identity-center/permission-sets/Bad.yaml:2 session_duration",
        "identity-center/permission-sets/No.yaml:1 description is missing",
        "identity-center/principals.yaml:1 principals",
        "organization.yaml:1 organizational_units.Prod",
    ]
    assert found[2] == "identity-center/access.yaml:4: extra: is not a known key"
    assert found[4] == "identity-center/access.yaml:6: rules[0].match: is missing"
    assert found[6].endswith("must be an ISO 8601 duration from PT1H to PT12H")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", "identity-center/access.yaml:2: a: is given twice, first on line 1"),
        ("a: &x 1\n", "identity-center/access.yaml:1: the anchor &x is refused; write the value out"),
        (
            "a: !!python/object:x {}\n",
            "identity-center/access.yaml:1: the tag tag:yaml.org,2002:python/object:x",
        ),
        ("a: [1\n", "identity-center/access.yaml:2: is not YAML: expected ',' or ']', but got"),
        ("a: 1\n---\nb: 1\n", "identity-center/access.yaml: has more than one document"),
        ("1: 2\n", "identity-center/access.yaml:1: the key '1' must be text; quote it"),
        ("[a]: 2\n", "identity-center/access.yaml:1: the key "),
        ("a: 2026-13-45\n", "identity-center/access.yaml: is not YAML: month must be in 1..12"),
        ("a: " + "[" * 40 + "]" * 40, "is nested too deeply"),
        ("- a\n", "identity-center/access.yaml:1: Input should be"),
    ],
)
def test_yaml_that_hides_something_is_refused(tree: Tree, text: str, expected: str) -> None:
    assert any(expected.casefold() in one.casefold() for one in problems(tree(text)))


def test_an_alias_is_refused(tree: Tree) -> None:
    found = problems(tree("a: &x [1]\nb: *x\n"))
    assert found[1] == "identity-center/access.yaml:2: the alias *x is refused; write the value out"


def test_bytes_that_are_not_utf8_are_refused(tree: Tree) -> None:
    folder = tree()
    (folder / "identity-center" / "groups.yaml").write_bytes(b"groups: {\xff: {}}")
    assert problems(folder) == ["identity-center/groups.yaml: is not UTF-8 at byte 9"]


def test_only_named_yaml_files_are_permission_sets(tree: Tree) -> None:
    folder = tree()
    sets = folder / "identity-center" / "permission-sets"
    (sets / "notes.txt").write_text("x", "utf-8")
    (sets / ".hidden").write_text("x", "utf-8")
    (sets / "Bad Name.yaml").write_text(READ_ONLY, "utf-8")
    (sets / "Link.yaml").symlink_to(sets / "ReadOnlyAccess.yaml")
    assert problems(folder) == [
        "identity-center/permission-sets/Bad Name.yaml: the name must have 1 to 32 characters of "
        "A-Z a-z 0-9 _ + = , . @ -",
        "identity-center/permission-sets/Link.yaml: must be a file named <Name>.yaml",
        "identity-center/permission-sets/notes.txt: must be a file named <Name>.yaml",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("external: true\ndescription: x\n", "an external permission set is not ours: remove description"),
        ("description: x\nmanaged_policies: [A]\n", "String should match pattern"),
        (
            "description: x\nmanaged_policies: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/A']\n",
            "a managed policy is given twice",
        ),
        (
            "description: x\ncustomer_managed_policies:\n"
            + "".join(f"  - name: p{number}\n" for number in range(21)),
            "more than 20 policies, the limit of a permission set",
        ),
        (
            "description: x\ntags: {'aftgen:x': y}\n",
            "tags that begin with aftgen: or aws: are not yours to write",
        ),
        (
            "description: x\ntags:\n" + "".join(f"  k{number}: v\n" for number in range(46)),
            "more than 45 tags; a permission set has 50 and some are ours",
        ),
        ("description: “x”\n", "String should match pattern"),
        (
            "description: x\npermissions_boundary: {}\n",
            "must name either managed_policy or customer_managed_policy",
        ),
        (
            "description: x\ninline_policy: {Version: 2012-10-17, Statement: [x]}\n",
            "holds a value that JSON has not",
        ),
        ("description: x\ninline_policy: {Version: '2012-10-17'}\n", "has no Statement"),
        (
            "description: x\ninline_policy: {Statement: [{Sid: '" + "x" * 10_240 + "'}]}\n",
            "has more than 10,240 characters that are not white space",
        ),
        ("description: x\nsession_duration: PT59M\n", "must be an ISO 8601 duration from PT1H to PT12H"),
        ("description: 5\n", "must be text; quote it"),
    ],
)
def test_a_permission_set_keeps_the_limits_of_the_api(tree: Tree, text: str, expected: str) -> None:
    found = problems(tree("identity_center: {region: eu-west-1}", {"Some": text}))
    assert len(found) == 1
    assert expected in found[0]


def test_all_parts_of_a_permission_set_are_read(tree: Tree) -> None:
    text = """
description: x
session_duration: PT1H30M
relay_state: https://console.aws.amazon.com/
customer_managed_policies: [{name: b}, {name: a, path: /team/}]
permissions_boundary: {customer_managed_policy: {name: edge}}
inline_policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:Get*", Resource: "*"}]}
tags: {team: a}
"""
    one = load(tree("identity_center: {region: eu-west-1}", {"Some": text})).permission_sets["Some"]
    assert [policy.name for policy in one.customer_managed_policies] == ["a", "b"]
    assert one.inline_policy == (
        '{"Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}'
    )
    assert (one.tags, one.relay_state) == ((("team", "a"),), "https://console.aws.amazon.com/")
    boundary = "description: x\npermissions_boundary: {managed_policy: 'arn:aws:iam::aws:policy/X'}"
    other = load(tree("identity_center: {region: eu-west-1}", {"Some": boundary})).permission_sets["Some"]
    assert other.boundary == "arn:aws:iam::aws:policy/X"
    assert one.digest != other.digest
    assert len(one.digest) == 16


def test_more_than_ten_policies_and_an_empty_group_are_warnings(tree: Tree) -> None:
    text = "description: x\ncustomer_managed_policies:\n" + "".join(f"  - name: p{n}\n" for n in range(11))
    access = "identity_center: {region: eu-west-1}\nidentity_source: identity-center\n"
    catalogue = load(tree(access, {"Some": text}, groups="groups:\n  empty: {}\n"))
    assert [str(one) for one in catalogue.warnings] == [
        "identity-center/groups.yaml:2: groups.empty: has no members: its grants let nobody in",
        "identity-center/permission-sets/Some.yaml:1: managed_policies: has more than 10 policies, "
        "the default limit of a role in every account",
    ]


REFERENCES = """
identity_center: {region: eu-west-1}
rules:
  - {name: a, match: {ous: [Workload]}, grants: {ReadOnlyAcess: ["group:x"]}}
  - {name: a, match: {ous: [Root]}, grants: {ReadOnlyAccess: ["group:x"]}}
restrictions:
  - {permission_sets: [Nope], principals: ["group:x"], where: {ous: [Elsewhere]}}
required:
  - {permission_set: AdministratorAcess, principal: "group:x", where: {accounts: ["111111111111"]}}
"""


def test_references_between_files_are_checked(tree: Tree) -> None:
    assert problems(tree(REFERENCES)) == [
        "identity-center/access.yaml:4: rules[0].grants.ReadOnlyAcess: there is no permission set "
        "ReadOnlyAcess in the catalogue; did you mean ReadOnlyAccess?",
        "identity-center/access.yaml:4: rules[0].match.ous[0]: organization.yaml has no OU Workload; "
        "did you mean Workloads?",
        "identity-center/access.yaml:5: rules[1].name: the rule a is given twice",
        "identity-center/access.yaml:7: restrictions[0].permission_sets[0]: there is no permission set "
        "Nope in the catalogue",
        "identity-center/access.yaml:7: restrictions[0].where.ous[0]: organization.yaml has no OU Elsewhere",
        "identity-center/access.yaml:9: required[0].permission_set: there is no permission set "
        "AdministratorAcess in the catalogue; did you mean AdministratorAccess?",
    ]


@pytest.mark.parametrize(
    ("name", "imitated"),
    [
        ("ReadOnlyAccess_x", "ReadOnlyAccess"),
        ("AWSReadOnlyAccess_x", "AWSReadOnlyAccess"),
        ("readonlyaccess_y", "ReadOnlyAccess"),
    ],
)
def test_a_set_whose_role_a_policy_would_take_for_another_is_refused(
    tree: Tree, name: str, imitated: str
) -> None:
    found = problems(
        tree("identity_center: {region: eu-west-1}", {"ReadOnlyAccess": READ_ONLY, name: READ_ONLY})
    )
    assert found == [
        f"identity-center/permission-sets/{name}.yaml:2: imitates {imitated}: a policy on "
        f"AWSReservedSSO_{imitated}_* would match its role too"
    ]


def test_sets_that_look_alike_and_control_towers_own_are_refused(tree: Tree) -> None:
    sets = {"DeveloperAccess": READ_ONLY, "Developer-Access": READ_ONLY, "AWSPowerUserAccess": ADMINISTRATOR}
    assert problems(tree("identity_center: {region: eu-west-1}", sets)) == [
        "identity-center/permission-sets/AWSPowerUserAccess.yaml:2: is Control Tower's; "
        "write `external: true` "
        "and nothing else",
        "identity-center/permission-sets/DeveloperAccess.yaml:2: looks like Developer-Access; "
        "give it another name",
    ]


def test_what_requests_write_may_not_add_privilege(tree: Tree) -> None:
    grants = "{AdministratorAccess: ['group:break-glass']}"
    rule = f"rules: [{{name: r, match: {{tags: {{env: dev}}}}, grants: {grants}}}]\n"
    found = problems(tree(BASE_ACCESS + rule))
    assert found[0].endswith(
        "AdministratorAccess is privileged: tags and names, which requests write, may not add it"
    )


def test_a_rule_is_held_to_the_restrictions_too(tree: Tree) -> None:
    rule = (
        "rules: [{name: r, match: {ous: [Sandbox], accounts: ['111111111111']}, "
        "grants: {AdministratorAccess: ['group:platform-admins']}}]\n"
    )
    assert [one.partition("Access: ")[2] for one in problems(tree(BASE_ACCESS + rule))] == [
        "group:platform-admins may not hold AdministratorAccess in 111111111111: "
        "restrictions of access.yaml allow nobody there",
        "group:platform-admins may not hold AdministratorAccess in Sandbox: "
        "restrictions of access.yaml allow nobody there",
    ]


def test_groups_that_pass_for_one_another_are_refused(tree: Tree) -> None:
    access = BASE_ACCESS + 'protected: ["group:platform_admins", "user:a.b", "user:a-b"]\n'
    found = problems(tree(access, groups='groups: {"platform-аdmins": {}}\n'))
    assert found == [
        "identity-center/access.yaml:2: user names that look alike: 'a-b', 'a.b'",
        "identity-center/groups.yaml:1: groups.platform-аdmins: group names that look alike: "
        "'platform-admins', 'platform-\\u0430dmins', 'platform_admins'",
    ]


def test_principals_are_the_providers_unless_we_are_the_source(tree: Tree) -> None:
    groups = "groups: {ops: {members: [ana]}}\nusers: {ana: {given_name: A, family_name: L}}\n"
    assert problems(tree(groups=groups)) == [
        "identity-center/groups.yaml:1: groups.ops: members and description are the identity provider's; "
        "only `source` is allowed",
        "identity-center/groups.yaml:2: users.ana: users are created only with "
        "`identity_source: identity-center`",
    ]
    ours = BASE_ACCESS + "identity_source: identity-center\n"
    catalogue = load(tree(ours, groups=groups))
    assert catalogue.users["ana"].display_name == "A L"
    assert catalogue.groups["ops"].ours
    reserved = "groups: {Administrator: {members: [a]}, AWSx: {members: [a]}}\n"
    assert [one.partition(": the")[2] for one in problems(tree(ours, groups=reserved))] == [
        " name is reserved by AWS or Control Tower"
    ] * 2


def test_pins_name_principals_by_id_and_sets_by_arn(tree: Tree) -> None:
    bad = """
principals: {"group:auditors": {id: nope, reason: r, reviewed: 2026-01-01}}
permission_sets:
  Missing: {id: x, reason: r, reviewed: 2026-01-01}
"""
    assert [one.partition("yaml")[2] for one in problems(tree(principals=bad))] == [
        ":2: principals.group:auditors.id: is not an Identity Store id",
        ":4: permission_sets.Missing: there is no permission set Missing in the catalogue",
        ":4: permission_sets.Missing.id: is not the ARN of a permission set",
    ]
    good = """
principals: {"group:auditors": {id: 01234567-89ab-cdef-0123-456789abcdef, reason: r, reviewed: 2026-01-01}}
permission_sets: {ReadOnlyAccess: {id: "arn:aws:sso:::permissionSet/a/b", reason: r, reviewed: 2026-01-01}}
"""
    catalogue = load(tree(principals=good))
    assert catalogue.pins == {
        Principal(kind="group", name="auditors"): "01234567-89ab-cdef-0123-456789abcdef"
    }
    assert catalogue.permission_set_pins == {"ReadOnlyAccess": "arn:aws:sso:::permissionSet/a/b"}


@pytest.mark.parametrize(
    "text",
    [
        "restrictions: [{permission_sets: [ReadOnlyAccess], principals: [auditors], where: {ous: [Root]}}]",
        "restrictions: [{permission_sets: [ReadOnlyAccess], principals: ['group:x'], where: {}}]",
        "protected: [auditors]",
        "required: [{permission_set: ReadOnlyAccess, principal: auditors, where: {ous: [Root]}}]",
        "rules: [{name: r, match: {}, grants: {}}]",
        "rules: [{name: r, match: {ous: [Root]}, grants: {ReadOnlyAccess: []}}]",
        "rules: [{name: r, match: {ous: [Root]}, grants: {ReadOnlyAccess: ['group:x', 'group:x']}}]",
        "rules: [{name: r, match: {ous: [Root]}, grants: {'a b': ['group:x']}}]",
        "exceptions: [{account: 111111111111, max_revocations: 9, until: 2026-12-31, reason: r}]",
        "limits: {in_flight: 11}",
    ],
)
def test_each_value_of_access_yaml_is_checked(tree: Tree, text: str) -> None:
    found = problems(tree(f"identity_center: {{region: eu-west-1}}\n{text}\n"))
    assert len(found) == 1
    assert found[0].startswith("identity-center/access.yaml:2: ")


@pytest.fixture
def catalogue(tree: Tree) -> Catalogue:
    return load(
        tree(
            BASE_ACCESS
            + """
allowed_sso_users: ["*@example.com"]
exceptions:
  - {account: "111111111111", max_revocations: 9, until: 2026-12-31, reason: migration}
"""
        )
    )


def test_an_unknown_set_has_its_nearest_name_and_is_privileged(catalogue: Catalogue) -> None:
    assert catalogue.unknown_permission_set("ReadOnlyAccess") is None
    assert catalogue.unknown_permission_set("readonlyacces") == ("ReadOnlyAccess",)
    assert catalogue.unknown_permission_set("Zzz") == ()
    assert catalogue.is_privileged("Zzz") is True


def test_restrictions_are_judged_by_place(catalogue: Catalogue) -> None:
    wanted = declared(
        "AdministratorAccess:group:platform-admins",
        "AdministratorAccess:group:interns",
        "ReadOnlyAccess:user:anybody",
        "Unknown:group:x",
    )
    refused = "group:{} may not hold AdministratorAccess in {}: restrictions of access.yaml allow {} there"
    both = "group:break-glass, group:platform-admins"
    assert catalogue.restriction_problems(wanted, "Workloads/Prod") == [
        refused.format("interns", "Workloads/Prod", both)
    ]
    assert catalogue.restriction_problems(wanted, "Sandbox", "111111111111") == [
        refused.format("interns", "Sandbox", "nobody"),
        refused.format("platform-admins", "Sandbox", "nobody"),
    ]
    assert len(catalogue.restriction_problems(wanted, "WorkloadsX")) == 2
    assert "in an OU that organization.yaml does not know" in catalogue.restriction_problems(wanted, "")[0]


def test_the_sso_user_is_a_grant_and_restricted(catalogue: Catalogue) -> None:
    assert catalogue.sso_user_problem("Ana@Example.com") is None
    assert catalogue.sso_user_problem("ana@example.org") == (
        "SSOUserEmail ana@example.org would be an administrator of the account "
        "and is not in allowed_sso_users"
    )


@pytest.mark.parametrize(
    ("account", "today", "most"),
    [
        ("111111111111", date(2026, 12, 31), 9),
        ("111111111111", date(2027, 1, 1), 3),
        ("222222222222", date(2026, 12, 31), 3),
    ],
)
def test_a_reviewed_exception_ends(catalogue: Catalogue, account: str, today: date, most: int) -> None:
    assert catalogue.max_revocations(account, today) == most


def test_a_declared_name_that_passes_for_a_known_one_is_told(catalogue: Catalogue) -> None:
    assert catalogue.lookalike_principals(
        declared("ReadOnlyAccess:group:platform_admins", "ReadOnlyAccess:group:break-glass")
    ) == ["group:platform_admins looks like group:platform-admins, which the catalogue names"]

"""The contract of the custom field: one text, one meaning, every problem at once."""

import json
from pathlib import Path

import pytest
from aft_access.contract import (
    MAX_BYTES,
    AccessDeclaration,
    ContractError,
    Grant,
    Principal,
    by_permission_set,
    dump,
    parse,
    size,
)
from hypothesis import given
from hypothesis import strategies as st

PERMISSION_SETS = st.from_regex(r"\A[A-Za-z0-9+=,.@_-]{1,32}\Z").filter(
    lambda name: not name.lower().startswith("ps-")
)
NAMES = st.text(st.characters(categories=["Ll", "Lu", "Nd", "Po", "Sm"]), min_size=1, max_size=40)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ContractError) as caught:
        parse(text)
    return caught.value.problems


def grants_problems(grants: object) -> tuple[str, ...]:
    return problems(json.dumps({"version": 1, "grants": grants}))


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    golden = Path(__file__).parent.parent / "contract" / "access_v1.json"
    text = golden.read_text("utf-8").rstrip("\n")
    declaration = parse(text)
    assert declaration == AccessDeclaration(
        grants=(
            Grant(
                permission_set="AdministratorAccess",
                principal=Principal(kind="group", name="platform-admins"),
            ),
            Grant(permission_set="ReadOnlyAccess", principal=Principal(kind="group", name="R&D auditors")),
            Grant(permission_set="ReadOnlyAccess", principal=Principal(kind="group", name="auditors")),
            Grant(
                permission_set="ReadOnlyAccess", principal=Principal(kind="user", name="oncall@example.com")
            ),
        ),
        retired=True,
    )
    assert dump(declaration) == text


def test_a_declaration_is_written_as_terraform_writes_it() -> None:
    """`terraform console`: jsonencode() leaves letters as they are and escapes what HTML could misread."""
    written = dump(AccessDeclaration(grants=(Grant.parse("X-Ray:group:Équipe <R&D> X"),)))
    assert written == '{"grants":{"X-Ray":["group:Équipe \\u003cR\\u0026D\\u003e X"]},"version":1}'
    assert size(written) == len(written) + 1


def test_no_grants_is_a_declaration_and_not_an_absence() -> None:
    assert parse('{"version":1,"grants":{}}') == AccessDeclaration()


@given(
    st.lists(st.tuples(PERMISSION_SETS, st.sampled_from(["group", "user"]), NAMES), max_size=8), st.booleans()
)
def test_what_is_written_is_read_back(rows: list[tuple[str, str, str]], retired: bool) -> None:
    grants = []
    for permission_set, kind, name in rows:
        try:
            grants.append(Grant.parse(f"{permission_set}:{kind}:{name}"))
        except ContractError:
            continue
    declaration = AccessDeclaration(grants=tuple(grants), retired=retired)
    text = dump(declaration)
    assert "<" not in text
    assert parse(text) == declaration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("not JSON: Expecting value at line 1 column 1",)),
        ('{"version":1,\n"grants":}', ("not JSON: Expecting value at line 2 column 10",)),
        ("[]", ("the declaration must be an object with version and grants",)),
        ('"x"', ("the declaration must be an object with version and grants",)),
        ('{"version":NaN}', ("not JSON that can be read: NaN is not a JSON value",)),
        ('{"grants":{}}', ("version is missing; this release reads 1 and changes nothing",)),
        ('{"version":2,"grants":{}}', ("version 2 is unknown; this release reads 1 and changes nothing",)),
        (
            '{"version":true,"grants":{}}',
            ("version true is unknown; this release reads 1 and changes nothing",),
        ),
        (
            '{"version":1.0,"grants":{}}',
            ("version 1.0 is unknown; this release reads 1 and changes nothing",),
        ),
        (
            '{"version":"1","grants":{}}',
            ('version "1" is unknown; this release reads 1 and changes nothing',),
        ),
        (
            '{"version":[],"grants":{}}',
            ("version a list is unknown; this release reads 1 and changes nothing",),
        ),
        ('{"version":1}', ("grants is missing; write grants = {} for an account with none of its own",)),
        ('{"version":1,"grants":[]}', ("grants must be an object of permission sets, not a list",)),
        ('{"version":1,"grants":null}', ("grants must be an object of permission sets, not null",)),
        (
            '{"version":1,"grants":{},"retired":"yes","more":1}',
            (
                "unknown key 'more'; known: grants, retired, version",
                'retired must be true or false, not "yes"',
            ),
        ),
        (
            '{"version":1,"version":1,"grants":{"A":["group:x"],"A":["group:y"]}}',
            ("the key 'version' is given twice", "grants: the permission set 'A' is given twice"),
        ),
    ],
)
def test_a_malformed_declaration_says_why(text: str, expected: tuple[str, ...]) -> None:
    assert problems(text) == expected


def test_every_problem_is_told_at_once() -> None:
    found = grants_problems(
        {
            "Bad Name": ["auditors"],
            "": ["group:x"],
            "arn:aws:sso:::permissionSet/ssoins-1/ps-1": ["group:x"],
            "A": [],
            "B": {},
            "C": [1, "group:", "group:x", "group:x", " group:y", "user: z"],
            "D": ["group:01234567-89ab-cdef-0123-456789abcdef", "role:x"],
        }
    )
    assert found == (
        "grants: the permission set 'Bad Name' must have 1 to 32 characters of A-Z a-z 0-9 _ + = , . @ -",
        "grants.Bad Name[0]: 'auditors' must begin with group: or user:",
        "grants: a permission set has an empty name",
        "grants: 'arn:aws:sso:::permissionSet/ssoins-1/ps-1' is an id; write the permission set's name",
        "grants.A: names nobody; remove the permission set or add a principal",
        "grants.B: must be a list of principals, not an object",
        "grants.C[0]: must be text, not 1",
        "grants.C[1]: the group name '' is empty",
        "grants.C[3]: 'group:x' is given twice",
        "grants.C[4]: ' group:y' must begin with group: or user:",
        "grants.C[5]: the user name ' z' begins or ends with a blank",
        "grants.D[0]: 'group:01234567-89ab-cdef-0123-456789abcdef' is an id; "
        "write group:<display name> or user:<user name>",
        "grants.D[1]: 'role:x' must begin with group: or user:",
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a\u00a0b", "contains the invisible or control character U+00A0"),
        ("a\u200bb", "contains the invisible or control character U+200B"),
        ("a\tb", "contains the invisible or control character U+0009"),
        ("\ud800", "contains the invisible or control character U+D800"),
        ("a ", "begins or ends with a blank"),
        ("ﬁnance", "is not in its plain form; write 'finance'"),
        ("{{x}}", "contains '{{', which Parameter Store refuses in a value"),
    ],
)
def test_a_name_that_cannot_be_reviewed_is_refused(name: str, reason: str) -> None:
    assert grants_problems({"A": [f"group:{name}"]}) == (f"grants.A[0]: the group name {name!r} {reason}",)


@pytest.mark.parametrize(
    ("name", "fine"), [("A" * 32, True), ("A" * 33, False), ("Ä", False), ("a\n", False)]
)
def test_a_permission_set_has_the_characters_of_the_api(name: str, fine: bool) -> None:
    text = json.dumps({"version": 1, "grants": {name: ["group:x"]}})
    if fine:
        assert parse(text).grants[0].permission_set == name
    else:
        assert len(problems(text)) == 1


@pytest.mark.parametrize(("kind", "longest"), [("group", 1024), ("user", 128)])
def test_a_principal_is_as_long_as_the_store_takes(kind: str, longest: int) -> None:
    assert Principal.parse(f"{kind}:{'x' * longest}").name == "x" * longest
    with pytest.raises(ContractError, match=f"has {longest + 1} characters; at most {longest}"):
        Principal.parse(f"{kind}:{'x' * (longest + 1)}")


def test_the_limit_is_in_bytes_and_one_more_is_refused() -> None:
    names = [f"group:{letter * 900}" for letter in "abcd"]
    text = json.dumps({"grants": {"A": [*names, "group:é"]}, "version": 1}, ensure_ascii=False)
    exact = text.replace("é", "é" + "x" * (MAX_BYTES - size(text)))
    assert size(exact) == 4096
    assert len(parse(exact).grants) == 5
    found = problems(exact.replace("éx", "éxx", 1))
    assert found == (
        "the declaration has 4097 bytes; AFT stores at most 4096: "
        "give groups instead of users, or move common grants to a rule in access.yaml",
    )


def test_deep_nesting_is_a_problem_and_not_a_crash() -> None:
    assert problems("[" * 200_000)[-1].startswith("not JSON that can be read:")


def test_grants_have_a_text_form() -> None:
    grant = Grant.parse("ReadOnlyAccess:group:a:b")
    assert grant == Grant(permission_set="ReadOnlyAccess", principal=Principal(kind="group", name="a:b"))
    assert str(grant) == "ReadOnlyAccess:group:a:b"
    with pytest.raises(ContractError) as caught:
        Grant.parse("no:x")
    assert caught.value.problems == ("'x' must begin with group: or user:",)
    with pytest.raises(ContractError) as caught:
        Grant.parse("no good:x")
    assert str(caught.value) == (
        "the permission set 'no good' must have 1 to 32 characters of A-Z a-z 0-9 _ + = , . @ -; "
        "'x' must begin with group: or user:"
    )
    with pytest.raises(ContractError) as caught:
        Grant.parse(f"A\u00a0:group:{'x' * 41}{'y' * 1000}")
    assert caught.value.problems == (
        "the permission set 'A\\xa0' contains the invisible or control character U+00A0",
        f"the group name '{'x' * 40}'... has 1041 characters; at most 1024",
    )


def test_grants_are_grouped_sorted_and_single() -> None:
    grants = [Grant.parse(text) for text in ("B:group:x", "A:user:y", "A:group:z", "B:group:x")]
    table = by_permission_set(grants)
    assert list(table) == ["A", "B"]
    assert [str(one) for one in table["A"]] == ["group:z", "user:y"]
    assert len(table["B"]) == 1

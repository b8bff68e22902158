"""Which way of reading is taken, what it costs and what it cannot see, with Identity Center in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aft_access.contract import Kind
from aft_access.values import Assignment
from aftgen.fleet.collect import Collected, Scope, collect, directory

A, B, C = "111111111111", "222222222222", "333333333333"
EVERYTHING = Scope()
Triple = tuple[str, str, str]
"""An account, a permission set's ARN, and `group:<id>` or `user:<id>`."""


@dataclass
class Center:
    """Identity Center; ids are names in upper case. `inherited` is what a user's answer costs more."""

    standing: list[Triple]
    groups_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    users_of: tuple[str, ...] = ()
    more_sets: tuple[str, ...] = ()
    inherited: int = 0
    calls: int = 0
    asked: list[str] = field(default_factory=list)

    def _call(self, what: str) -> None:
        self.calls += 1
        self.asked.append(what)

    def groups(self) -> dict[str, str]:
        return {name.upper(): name for name in self.groups_of}

    def users(self) -> dict[str, str]:
        return {name.upper(): name for name in self.users_of}

    def name_of(self, kind: Kind, principal_id: str) -> str | None:
        return None

    def members(self, group_id: str) -> tuple[str, ...]:
        return self.groups_of[group_id.lower()]

    def sets(self) -> tuple[str, ...]:
        return tuple(sorted({one[1] for one in self.standing} | set(self.more_sets)))

    def set_name(self, arn: str) -> str:
        return arn.removeprefix("arn:")

    def accounts_with(self, arn: str) -> tuple[str, ...]:
        self._call(f"accounts with {arn}")
        return tuple(sorted({account for account, one, _ in self.standing if one == arn}))

    def sets_in(self, account_id: str) -> tuple[str, ...]:
        self._call(f"sets in {account_id}")
        return tuple(sorted({arn for account, arn, _ in self.standing if account == account_id}))

    def of_pair(self, account_id: str, arn: str) -> frozenset[Assignment]:
        self._call(f"pair {account_id} {arn}")
        return frozenset(
            _held(arn, who) for where, one, who in self.standing if (where, one) == (account_id, arn)
        )

    def of_principal(self, kind: Kind, principal_id: str) -> tuple[tuple[str, Assignment], ...]:
        self._call(f"{kind}:{principal_id}")
        self.calls += self.inherited if kind == "user" else 0
        return tuple(
            (where, _held(arn, who)) for where, arn, who in self.standing if who == f"{kind}:{principal_id}"
        )


def _held(arn: str, who: str) -> Assignment:
    kind, _, principal_id = who.partition(":")
    return Assignment(
        permission_set_arn=arn, kind="group" if kind == "group" else "user", principal_id=principal_id
    )


def silent(what: str, done: int, of: int) -> None:
    assert 1 <= done <= of, what


def collected(
    center: Center, scope: Scope = EVERYTHING, accounts: Iterable[str] = (A, B, C), *, thorough: bool = False
) -> Collected:
    names = directory(center, silent)
    center.asked.clear()
    return collect(center, names, scope, tuple(accounts), silent, thorough=thorough)


def triples(found: Collected) -> set[Triple]:
    return {
        (account, one.permission_set_arn, f"{one.kind}:{one.principal_id}")
        for account, held in found.live.items()
        for one in held
    }


def everywhere(*principals: str) -> list[Triple]:
    return [(account, arn, who) for account in (A, B, C) for arn in ("arn:r", "arn:b") for who in principals]


def test_few_principals_are_read_one_by_one() -> None:
    center = Center(everywhere("group:OPS"), {"ops": ()}, ("ann",))
    found = collected(center)
    assert triples(found) == set(center.standing)
    assert center.asked == ["accounts with arn:b", "accounts with arn:r", "group:OPS", "user:ANN"]
    assert found.notes == [
        "Read: what each of 2 groups and users has, which takes fewer calls than 6 pairs of account and "
        "permission set. What a deleted group or user still has beside a living one is seen only with "
        "--thorough."
    ]


def test_a_pair_without_anybody_known_is_read_for_deleted_principals() -> None:
    standing = [*everywhere("group:OPS"), (A, "arn:x", "group:DELETED"), (A, "arn:r", "user:LEFT")]
    center = Center(standing, {"ops": ()})
    found = collected(center)
    assert triples(found) == set(standing) - {(A, "arn:r", "user:LEFT")}
    assert center.asked[-1] == f"pair {A} arn:x"
    assert "and 1 pair in which none of them has anything" in found.notes[0]
    thorough = collected(center, thorough=True)
    assert triples(thorough) == set(standing)
    assert thorough.notes == ["Read: every pair of account and permission set (7)."]


def test_many_principals_are_read_by_pair() -> None:
    users = tuple(f"user{number}" for number in range(9))
    center = Center([(A, "arn:r", "user:USER1"), (B, "arn:r", "user:LEFT")], {}, users)
    found = collected(center)
    assert triples(found) == set(center.standing)
    assert center.asked == ["accounts with arn:r", f"pair {A} arn:r", f"pair {B} arn:r"]


def test_more_sets_than_accounts_are_looked_up_by_account() -> None:
    center = Center(everywhere("group:OPS"), {"ops": ()}, more_sets=tuple(f"arn:{n}" for n in range(9)))
    collected(center)
    assert center.asked == [f"sets in {A}", f"sets in {B}", f"sets in {C}", "group:OPS"]


def test_users_whose_answers_are_long_are_given_up_for_the_pairs() -> None:
    center = Center(everywhere("group:OPS"), {"ops": ()}, ("ann", "bob", "cid"), inherited=5)
    found = collected(center)
    assert triples(found) == set(center.standing)
    assert found.notes == ["Read: every pair of account and permission set (6)."]
    assert center.asked[2:4] == ["group:OPS", "user:ANN"]
    assert center.asked[4].startswith("pair ")


def test_a_directory_that_cannot_be_listed_is_read_by_pair() -> None:
    center = Center(everywhere("group:OPS"))
    assert triples(collected(center)) == set(center.standing)


def test_one_account_costs_its_own_pairs() -> None:
    center = Center(everywhere("group:OPS"), {"ops": (), "dev": ()})
    found = collected(center, Scope(accounts={B}))
    assert {account for account, _, _ in triples(found)} == {B}
    assert center.asked == [f"sets in {B}", f"pair {B} arn:b", f"pair {B} arn:r"]


def test_one_permission_set_costs_its_own_pairs() -> None:
    center = Center(everywhere("group:OPS"), {f"team{number}": () for number in range(5)} | {"ops": ()})
    found = collected(center, Scope(sets={"arn:r"}))
    assert triples(found) == {(account, "arn:r", "group:OPS") for account in (A, B, C)}
    assert len(center.asked) == 4


def test_one_person_costs_a_call_for_each_way_in() -> None:
    center = Center(everywhere("group:OPS", "user:ANN", "group:DEV"), {"ops": (), "dev": ()}, ("ann",))
    who: tuple[tuple[Kind, str], ...] = (("user", "ANN"), ("group", "OPS"))
    found = collected(center, Scope(principals=who, accounts={A}, sets={"arn:r"}))
    assert triples(found) == {(A, "arn:r", "user:ANN"), (A, "arn:r", "group:OPS")}
    assert center.asked == ["group:OPS", "user:ANN"]

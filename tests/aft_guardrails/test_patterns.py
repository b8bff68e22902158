"""Patterns: what one says of another is what enumerating texts would say."""

import re
from itertools import product

import pytest
from aft_guardrails.patterns import arn_covers, arns_meet, covers, meet
from hypothesis import given
from hypothesis import strategies as st

# Two patterns with a star meet, if they do, in a text as long as the rest of both: three letters and three.
PATTERNS = st.text(alphabet="ab*?", max_size=4)
TEXTS = ["".join(letters) for length in range(7) for letters in product("abc", repeat=length)]


def matching(pattern: str) -> set[str]:
    """Every text of at most six letters that matches."""
    found = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
    return {text for text in TEXTS if found.fullmatch(text)}


@given(PATTERNS, PATTERNS)
def test_two_patterns_meet_where_a_text_matches_both(one: str, other: str) -> None:
    assert meet(one, other) == bool(matching(one) & matching(other))


@given(PATTERNS, PATTERNS)
def test_a_star_may_be_kept_from_standing_for_a_character(one: str, other: str) -> None:
    others = re.compile(re.escape(other).replace(r"\*", "[^b]*").replace(r"\?", "."))
    expected = any(others.fullmatch(text) for text in matching(one))
    assert meet(one, other, never="b") == expected


@given(PATTERNS, PATTERNS)
def test_a_pattern_that_covers_another_matches_whatever_that_does(wide: str, narrow: str) -> None:
    if covers(wide, narrow):
        assert matching(narrow) <= matching(wide)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "", True),
        ("*", "a*b?", True),
        ("a*", "ab*", True),
        ("ab*", "a*", False),
        ("a?c", "abc", True),
        ("a?c", "a*c", False),
        ("a*c", "a?c", True),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*b*", "ab*", True),
        ("", "", True),
        ("?", "", False),
    ],
)
def test_covering(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


ROLE = "arn:aws:iam::*:role/AWSAFTExecution"


@pytest.mark.parametrize(
    ("pattern", "covered", "met"),
    [
        (ROLE, True, True),
        ("arn:*:iam::*:role/AWSAFT*", True, True),
        ("arn:aws:iam::*:role/*", True, True),
        ("arn:aws:iam::*:*", True, True),
        ("arn:aws:iam::123456789012:role/AWSAFTExecution", False, True),
        ("arn:aws:iam::*:role/awsaftexecution", False, False),
        ("arn:aws:iam::*:root", False, False),
        ("arn:aws:sts::*:assumed-role/AWSAFTExecution/*", False, False),
        # The parts of an ARN are compared one by one: a star does not reach over a colon.
        ("arn:aws:iam:*:role/AWSAFTExecution", False, True),
        ("arn:*", False, True),
        ("*", False, True),
    ],
)
def test_arns_are_compared_part_by_part(pattern: str, covered: bool, met: bool) -> None:
    assert (arn_covers(pattern, ROLE), arns_meet(pattern, ROLE)) == (covered, met)

"""How fast a run may call Identity Center: what access.yaml says, unless a rehearsal says another number."""

from pathlib import Path

import pytest
from aft_access.wiring import RATE_VARIABLE, Wiring

TREE = Path(__file__).resolve().parents[2] / "global-customizations"


@pytest.mark.parametrize(
    ("told", "rate"), [("1000", 1000.0), ("0", 1.0), ("", 8.0), ("fast", 8.0), ("-3", 8.0), ("1.5", 8.0)]
)
def test_a_rehearsal_says_its_own_rate(told: str, rate: float) -> None:
    assert Wiring(tree=TREE, environment={RATE_VARIABLE: told}).calls_per_second == rate


def test_nobody_says_anything() -> None:
    assert Wiring(tree=TREE, environment={}).calls_per_second == 8.0

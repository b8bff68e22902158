"""The catalogue of failures, most telling row first: the first one that matches a signal names it.

It holds every row of the AFT reference's §2.1 (rules), §2.2 (how failures surface), §2.3 (limits that fail
late) and the failing phases of §3.2, and what of §1, §3.1, §3.3, §5 and §6 can fail for one account;
tests/diagnosis/test_reference_rows.py lists them. A failure that is in none of them is unknown; nothing here
guesses.
"""

from typing import Final

from aftgen.diagnosis.failures import control_tower, customizations, framework, orders, outcomes
from aftgen.diagnosis.known import Known

CATALOGUE: Final[tuple[Known, ...]] = (
    *orders.FAILURES,
    *control_tower.FAILURES,
    *framework.FAILURES,
    *customizations.FAILURES,
    *outcomes.FAILURES,
)

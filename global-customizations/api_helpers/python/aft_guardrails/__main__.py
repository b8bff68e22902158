"""`python -m aft_guardrails`."""

import sys

from .cli import main

sys.exit(main())

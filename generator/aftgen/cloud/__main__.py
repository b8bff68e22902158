"""`python -m aftgen.cloud`: serves the embedded AWS until it is interrupted, and prints where.

    python -m aftgen.cloud --landing-zone plan.json --behaviour behaviour.json --port 0

One line of JSON on stdout says the endpoint and, with a landing zone, that it is built; everything else is
done over the control endpoint (`control.py`).
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from aftgen.cloud.behaviour import Behaviour


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m aftgen.cloud", description="Serves the embedded AWS on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument(
        "--landing-zone", type=Path, help="JSON of a LandingZonePlan; '{}' in it is the default one"
    )
    parser.add_argument("--behaviour", type=Path, help="JSON of Behaviour fields")
    parser.add_argument("--seed", type=int, help="makes ids repeatable")
    options = parser.parse_args(arguments)

    from aftgen.cloud.landing_zone import LandingZone, LandingZonePlan
    from aftgen.cloud.server import serve

    settings = json.loads(options.behaviour.read_text()) if options.behaviour else {}
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with serve(Behaviour.from_mapping(settings), seed=options.seed, port=options.port) as server:
        if options.landing_zone:
            plan = LandingZonePlan.from_mapping(json.loads(options.landing_zone.read_text()))
            LandingZone.build(server.cloud, plan)
        print(
            json.dumps({"endpoint": server.endpoint, "landing_zone": bool(options.landing_zone)}), flush=True
        )
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

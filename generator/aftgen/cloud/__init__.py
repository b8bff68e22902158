"""The embedded AWS: moto made faithful enough to trust a green test.

moto answers SUCCEEDED at once, accepts unknown principals, doubles assignments, ignores filters and lacks a
dozen of the calls that the access reconciler makes: what passes on plain moto can still destroy access in
production. This package puts a fidelity layer in front of it, in one place, and every behaviour there cites
the row of the Identity Center reference (`identity-center.md`) that it follows. What the reference could
not verify is a field of `Behaviour`, so that a test can run both ways.

A request travels through these files, in this order:

    server.py         a threaded HTTP server on loopback, or `in_process()` for code in this interpreter
    gate.py           the one place where moto is patched: every request of every service passes it
    cloud.py          the pipeline: caller, rate, faults, validation, authorization, operation, call log
    sessions.py       who calls; STS trust, session policies, expiry       policy.py  the policy evaluator
    faults.py         disturbances ordered by a test                       calls.py   what was called
    validation.py     requests against botocore's own service models
    sso_admin.py      Identity Center, every operation ours: visit.py admits the call; instances.py,
                      permission_sets.py, permission_set_policies.py, assignments.py, provisioning.py answer
                      from identity_center.py (state) and operations.py (what takes time)
    identity_store.py users and groups, every operation ours: directory.py, memberships.py, identity_data.py
    organizations.py  rules in front of moto's Organizations; organization_lists.py its pages
    parameter_store.py  the one SSM rule that moto forgets
    service_catalog.py  Account Factory's catalogue, in front of account_factory.py
    rest.py           what the gate cannot see: Control Tower's API and Lambda's Invoke, in front of moto
    delivery.py       AFT's pipelines and state machines: code_pipeline.py, state_machines.py, builds.py
    product_records.py, baseline_operations.py, queues.py, request_history.py
                      what Service Catalog, Control Tower, SQS and AFT's lambdas leave behind of an order

`landing_zone.py` fills it from a `plan.py`: an organization as Control Tower (`control_tower.py`) and AFT
(`aft_management.py`) leave it, with the profiles that creds.sh makes (`profiles.py`); `hands.py` is what
other people do to it afterwards. `control.py` lets another process disturb and inspect it over HTTP.

Importing this package imports neither moto nor boto3; using a name does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aftgen.cloud.behaviour import Behaviour
    from aftgen.cloud.calls import Call, CallLog
    from aftgen.cloud.cloud import Cloud
    from aftgen.cloud.control import Control
    from aftgen.cloud.faults import Fault
    from aftgen.cloud.landing_zone import Account, LandingZone, LandingZonePlan
    from aftgen.cloud.profiles import Profiles, write_profiles
    from aftgen.cloud.server import Server, in_process, install, serve

_HOME = {
    "Account": "landing_zone",
    "Behaviour": "behaviour",
    "Call": "calls",
    "CallLog": "calls",
    "Cloud": "cloud",
    "Control": "control",
    "Fault": "faults",
    "LandingZone": "landing_zone",
    "LandingZonePlan": "landing_zone",
    "Profiles": "profiles",
    "Server": "server",
    "in_process": "server",
    "install": "server",
    "serve": "server",
    "write_profiles": "profiles",
}

__all__ = [
    "Account",
    "Behaviour",
    "Call",
    "CallLog",
    "Cloud",
    "Control",
    "Fault",
    "LandingZone",
    "LandingZonePlan",
    "Profiles",
    "Server",
    "in_process",
    "install",
    "serve",
    "write_profiles",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"aftgen.cloud.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

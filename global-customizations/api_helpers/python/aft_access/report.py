"""What a run found and did, as text for a person and as JSON for machines.

The build log is read by many, so the text names groups and hides people: a user is a hash there
(reference/identity-center.md §5, row 12). JSON and the notification are for those who asked.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from .contract import Grant, Principal
from .ledger import AccountState
from .plan import Plan

VERSION: Final = 1
"""Version of the JSON that commands print."""

_USER: Final = re.compile(r"user:[^\s:,;]+")
_MAIL: Final = re.compile(r"[^\s:,;@]+@[^\s:,;@]+\.[^\s:,;@]+")

SESSIONS: Final = (
    "Revoking does not end sessions that are live: they last as long as their permission set allows. "
    "To end one now, deny its user (identitystore:UserId) in a service control policy."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One change that was tried: `grant`, `revoke`, `provision` or a sentence about a shared object."""

    what: str
    subject: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a run. `status`: planned, unchanged, converged, deferred, skipped, refused, failed."""

    account_id: str
    account_name: str
    place: str
    sso_user_email: str
    request_id: str
    """Key of the request that the run followed."""
    status: str
    plan: Plan
    done: tuple[Done, ...] = ()
    state: AccountState = field(default_factory=AccountState)
    portal_url: str = ""
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 when nothing is wrong, 1 for refusals and failures."""
        return 1 if self.status in {"refused", "failed"} else 0

    @property
    def entering(self) -> tuple[Grant, ...]:
        """Who may enter when this run is over, as far as the run saw: its own grants and satisfied ones."""
        failed = {one.subject for one in self.done if one.what == "grant" and not one.ok}
        steps = (*self.plan.kept, *self.plan.grants)
        made = {step.grant for step in steps if str(step.grant) not in failed}
        return tuple(sorted(made | {step.grant for step in self.plan.satisfied}))

    @property
    def announceable(self) -> bool:
        """Whether somebody may enter now who could not when it was last told, or the other way round."""
        return self.status != "skipped" and self.digest != self.state.announced

    @property
    def digest(self) -> str:
        """Equal while the same principals have the same permission sets."""
        return hashlib.sha256("\n".join(map(str, self.entering)).encode()).hexdigest()[:16]

    def data(self) -> dict[str, Any]:
        """Plain data for JSON. People's names are in it."""
        plan = self.plan
        return {
            "version": VERSION,
            "account": {"id": self.account_id, "name": self.account_name, "place": self.place},
            "status": self.status,
            "fingerprint": plan.fingerprint,
            "control_tower_user": self.sso_user_email,
            "needs": list(plan.needs),
            "provision": list(plan.provisions),
            "grant": [_step(step.grant, step.source) for step in plan.grants],
            "revoke": [_step(step.grant, step.source) for step in plan.revokes],
            "kept": [_step(step.grant, step.source) for step in plan.kept],
            "forget": [str(row.grant) for row in plan.forget],
            "satisfied_not_ours": [str(step.grant) for step in plan.satisfied],
            "held": [{"grant": str(one.grant), "reason": one.reason} for one in plan.held],
            "unmanaged": [
                {
                    "permission_set": one.permission_set_arn,
                    "principal_type": one.kind,
                    "principal_id": one.principal_id,
                }
                for one in plan.unmanaged
            ],
            "refusals": list(plan.refusals),
            "warnings": list(plan.warnings),
            "done": [
                {"what": one.what, "subject": one.subject, "ok": one.ok, "reason": one.reason}
                for one in self.done
            ],
            "calls": dict(sorted(self.calls.items())),
        }

    def json(self) -> str:
        """The data as indented JSON with a final newline."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False) + "\n"

    def text(self, *, names: bool = False) -> str:
        """Lines for a person, one change on each. People's names only with `names`."""
        plan = self.plan
        if self.status == "skipped":
            reason = "the management account is never a target, and nothing is declared for it"
            return f"{self.account_id} {self.account_name}: skipped: {reason}\n"
        lines = [f"{self.account_id} {self.account_name} ({self.place or 'place unknown'}): {self.status}"]
        lines += [f"  ! {one}" for one in plan.refusals]
        lines += [f"  * {one} is created or updated first, for the organization" for one in plan.needs]
        lines += [f"  * {one} is provisioned again in this account" for one in plan.provisions]
        lines += [
            f"  + {step.grant.permission_set} to {step.grant.principal} ({step.source})"
            for step in plan.grants
        ]
        lines += [
            f"  - {step.grant.permission_set} from {step.grant.principal}"
            + (" (no longer exists)" if step.dead else "")
            for step in plan.revokes
        ]
        lines += [f"  = {step.grant.permission_set} to {step.grant.principal}" for step in plan.kept]
        lines += [
            f"  = {step.grant.permission_set} to {step.grant.principal} (stands, not ours)"
            for step in plan.satisfied
        ]
        if self.sso_user_email:
            lines.append(
                f"  = AWSAdministratorAccess to user:{self.sso_user_email} (Control Tower, SSOUserEmail)"
            )
        lines += [f"  . {one.grant} is held: {one.reason}" for one in plan.held]
        lines += [f"  . {row.grant} is gone; its row is removed" for row in plan.forget]
        lines += [
            f"  ? {one.permission_set_arn.rsplit('/', 1)[-1]} to {one.kind} {one.principal_id} (unmanaged)"
            for one in plan.unmanaged
        ]
        lines += [f"  warning: {one}" for one in plan.warnings]
        lines += [f"  FAILED {one.what} {one.subject}: {one.reason}" for one in self.done if not one.ok]
        if plan.revokes:
            lines.append(f"  {SESSIONS}")
        if self.status == "deferred":
            lines.append(
                "  The account's first grants wait for post, so that nobody enters before its baseline."
            )
        text = "\n".join(lines) + "\n"
        return text if names else without_people(text)


def without_people(text: str) -> str:
    """The text with users' names and e-mail addresses replaced by a short hash."""
    hidden = _USER.sub(lambda found: f"user:{_hash(found[0].removeprefix('user:'))}", text)
    return _MAIL.sub(lambda found: _hash(found[0]), hidden)


def shown(principal: Principal) -> str:
    """A principal as the log may show it."""
    return str(principal) if principal.kind == "group" else f"user:{_hash(principal.name)}"


def _hash(name: str) -> str:
    return "~" + hashlib.sha256(name.encode()).hexdigest()[:10]


def _step(grant: Grant, source: str) -> dict[str, str]:
    return {
        "permission_set": grant.permission_set,
        "principal": str(grant.principal),
        "source": source,
    }

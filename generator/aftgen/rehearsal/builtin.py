"""The built-in order: AFT's steps as the AFT reference describes them, with no line of AFT's own code.

What AFT decides about a change is `aftgen.changes.decision`, which `aftgen plan` shows too; here it is
followed: Account Factory is ordered, the provisioning framework runs, the pipeline is removed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aftgen.changes.decision import Account, Known, Product, Release, SharedAccount, Verdict, decide
from aftgen.cloud.account_factory import AccountFactory
from aftgen.cloud.errors import AwsError
from aftgen.limits import provisioned_product_name
from aftgen.rehearsal.chain import Change, Delivery, Outcome, Provisioned, Setting
from aftgen.rehearsal.provisioning import ProvisioningFramework

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import CustomizationsPipeline, PipelineResult, StageResult
    from aftgen.rehearsal.trees import Trees

_OUTCOMES = {
    Verdict.CREATE: Outcome.CREATED,
    Verdict.UPDATE: Outcome.UPDATED,
    Verdict.CUSTOMIZE: Outcome.CUSTOMIZED,
    Verdict.REMOVE: Outcome.REMOVED,
    Verdict.REFUSE: Outcome.REFUSED,
}


class BuiltIn:
    """The protocol `Framework`, without a framework."""

    def __init__(self, setting: Setting) -> None:
        self.zone = setting.zone
        self.factory = AccountFactory(setting.zone)
        self.provisioning = ProvisioningFramework(setting.zone, has_state_machine=setting.has_state_machine)
        self._setting = setting
        self._pipeline: CustomizationsPipeline | None = None

    @property
    def release(self) -> str:
        return self.zone.plan.aft_version

    def publish(self, trees: "Trees") -> None:
        from aftgen.rehearsal.pipeline import CustomizationsPipeline

        setting = self._setting
        self._pipeline = CustomizationsPipeline(
            trees=trees,
            zone=setting.zone,
            environments=setting.environments,
            processes=setting.workspace,
            aft_version=self.release,
            distribution=setting.distribution,
        )

    def deliver(self, change: Change) -> Delivery:
        decision = decide(change.old, change.new, self.known())
        account = self._account(change)
        match decision.verdict:
            case Verdict.CREATE:
                return self._create(change)
            case Verdict.UPDATE:
                return self._update(change, account)
            case Verdict.REMOVE:
                self.provisioning.remove(account)
            case Verdict.REFUSE | Verdict.NOTHING:
                reasons = tuple(filter(None, (decision.words, decision.log)))
                return Delivery(change=change, outcome=Outcome.REFUSED, account=account, reasons=reasons)
        return Delivery(change=change, outcome=_OUTCOMES[decision.verdict], account=account)

    def provision(self, delivery: Delivery) -> Provisioned:
        row = delivery.change.new
        assert row is not None
        return self.provisioning.run(delivery.account, row)

    def customize(
        self, account: str, on_stage: "Callable[[StageResult], None] | None" = None
    ) -> "PipelineResult":
        assert self._pipeline is not None, "nothing is published"
        return self._pipeline.run(account, on_stage)

    def known(self) -> Known:
        """What AFT would look up now, from the embedded AWS."""
        plan = self.zone.plan
        release = Release.V1_20 if _version(self.release) >= (1, 20) else Release.V1_17
        units = {unit_id: path.rpartition("/")[2] for path, unit_id in plan.organizational_units.items()}
        accounts = {
            each.id: Account(id=each.id, name=each.name, email=each.email, status=str(each.status))
            for each in self.zone.accounts()
        }
        return Known(
            accounts=tuple(accounts.values()),
            products=tuple(
                Product(account_id=each.physical_id, email=each.parameters["AccountEmail"])
                for each in self.factory.products.values()
                if each.is_healthy
            ),
            shared=tuple(
                SharedAccount(
                    id=shared.id,
                    name=accounts[shared.id].name,
                    email=accounts[shared.id].email,
                    ou=units.get(self.zone.account(shared.id).parent_id, "Root"),
                )
                for shared in (plan.log_archive, plan.audit, plan.management)
            ),
            release=release,
        )

    def _account(self, change: Change) -> str:
        wanted = change.row.id.lower()
        return next((each.id for each in self.zone.accounts() if each.email.lower() == wanted), "")

    def _create(self, change: Change) -> Delivery:
        row = change.row
        try:
            order = self.factory.provision(provisioned_product_name(row.name), row.control_tower_parameters)
        except AwsError as error:
            return _refused(change, f"ProvisionProduct: {error}")
        if not order.ok:
            return _refused(
                change,
                f"Control Tower: {order.reason}",
                "AFT itself says nothing: the reason stands in the provisioned product's record",
            )
        return Delivery(change=change, outcome=Outcome.CREATED, account=order.account)

    def _update(self, change: Change, account: str) -> Delivery:
        product = self.factory.healthy(account)
        assert product is not None
        try:
            order = self.factory.update(product.id, change.row.control_tower_parameters)
        except AwsError as error:
            return _refused(change, f"UpdateProvisionedProduct: {error}", account=account)
        return Delivery(change=change, outcome=Outcome.UPDATED, account=order.account)


def _refused(change: Change, *reasons: str, account: str = "") -> Delivery:
    return Delivery(change=change, outcome=Outcome.REFUSED, account=account, reasons=reasons)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())

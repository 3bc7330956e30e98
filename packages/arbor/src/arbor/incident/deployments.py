"""The newest deployment of each service: its status, or its progress."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from arbor.account import together, typed
from arbor.check import Check
from arbor.ecs import services
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL
from arbor.incident.checks import DAY, ago
from arbor.incident.reads import SharedReads

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceDeploymentTypeDef

IN_ORDER = frozenset({SUCCESSFUL, *services.ONGOING[:2]})
"""Done, pending or in progress; a rollback is none of them."""


@dataclass(frozen=True, kw_only=True)
class DeploymentState:
    """The newest deployment of a service; without an ARN if there is none."""

    app: str
    arn: str = ""
    status: str = ""
    stage: str = ""
    """The lifecycle stage."""
    reason: str = ""
    since: datetime | None = None
    """When it finished, or started."""
    waits: bool = False
    """A PAUSE hook waits for `arbor bluegreen switch` or `abort`."""

    def failed(self, now: datetime) -> bool:
        """Whether it failed; a completed rollback counts for a day."""
        if not self.arn or self.status in IN_ORDER:
            return False
        return self.status != ROLLED_BACK or self.since is None or now - self.since < DAY


def read(shared: SharedReads) -> list[DeploymentState]:
    """One for each service of the stack."""
    return together(*(partial(_read, shared, app) for app in shared.apps()))


def _read(shared: SharedReads, app: str) -> DeploymentState:
    account, found = shared.account, shared.services.get().get(app)
    if found is None:
        return DeploymentState(app=app)
    try:
        listed = services.snapshot(account, app, found).deployments()
    except account.client("ecs").exceptions.ServiceNotFoundException:
        return DeploymentState(app=app)  # deleted since
    if not listed:
        return DeploymentState(app=app)
    newest = listed[0]
    described: ServiceDeploymentTypeDef = {
        "serviceDeploymentArn": newest["serviceDeploymentArn"],
        "status": newest["status"],
        "createdAt": newest["createdAt"],
        **services.describe(account, newest["serviceDeploymentArn"]),
    }
    return DeploymentState(
        app=app,
        arn=described["serviceDeploymentArn"],
        status=described["status"],
        stage=described.get("lifecycleStage", ""),
        reason=described.get("rollback", {}).get("reason") or described.get("statusReason") or "",
        since=described.get("finishedAt") or described["createdAt"],
        waits=bool(services.pauses(described)),
    )


def checks(found: list[DeploymentState], now: datetime, stack: str) -> list[Check]:
    """One for each service."""
    return [_check(deployment, now, stack) for deployment in found]


def _check(deployment: DeploymentState, now: datetime, stack: str) -> Check:
    name = f"{deployment.app} deployment"
    if not deployment.arn or deployment.since is None:
        return Check(status="", name=name, message="none in the last 90 days")
    stage = f" at {deployment.stage}" if deployment.status in services.ONGOING else ""
    switch, abort = (typed(f"arbor bluegreen {what}", stack) for what in ("switch", "abort"))
    waits = f"; paused, run `{switch}` or `{abort}`" if deployment.waits else ""
    reason = f": {deployment.reason}" if deployment.status != SUCCESSFUL else ""
    return Check(
        status="NG" if deployment.failed(now) else "OK",
        name=name,
        message=f"{deployment.status}{stage}, {ago(deployment.since, now)}"
        f"{reason.rstrip(' :')}{waits}",
    )

"""What the newest deployment of each service came to, or how far it is."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from arbor.account import APPS, Account, together, typed
from arbor.ecs import services
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL
from arbor.incident.row import DAY, Row, ago
from arbor_names import naming

WELL = frozenset({SUCCESSFUL, *services.ONGOING[:2]})
"""Done, waiting, or on its way to something new; what is being taken back isn't."""


@dataclass(frozen=True, kw_only=True)
class DeploymentNow:
    """The newest of a service; one with no arn where there is none."""

    app: str
    arn: str = ""
    status: str = ""
    stage: str = ""
    """Of its lifecycle."""
    reason: str = ""
    since: datetime | None = None
    """When it began, or ended."""
    waits: bool = False
    """For a person, who continues it or takes it back."""

    def failed(self, now: datetime) -> bool:
        """Whether it is news that it did not succeed: one that was taken back is for a day."""
        if not self.arn or self.status in WELL:
            return False
        return self.status != ROLLED_BACK or self.since is None or now - self.since < DAY


def read(account: Account) -> list[DeploymentNow]:
    """Of both services."""
    return together(*(partial(_read, account, app) for app in APPS))


def _read(account: Account, app: str) -> DeploymentNow:
    ecs, name = account.client("ecs"), naming.service(account.stack, app)
    try:
        listed = ecs.list_service_deployments(cluster=account.cluster, service=name)
    except ecs.exceptions.ServiceNotFoundException:
        return DeploymentNow(app=app)
    found: list[dict[str, Any]] = listed["serviceDeployments"]
    if not found:
        return DeploymentNow(app=app)
    newest = max(found, key=lambda one: one["createdAt"])
    told = {**newest, **services.describe(account, newest["serviceDeploymentArn"])}
    hooks = told.get("lifecycleHookDetails", [])
    return DeploymentNow(
        app=app,
        arn=told["serviceDeploymentArn"],
        status=told["status"],
        stage=told.get("lifecycleStage", ""),
        reason=told.get("rollback", {}).get("reason") or told.get("statusReason") or "",
        since=told.get("finishedAt") or told["createdAt"],
        waits=any(hook.get("status") == "AWAITING_ACTION" for hook in hooks),
    )


def rows(found: list[DeploymentNow], now: datetime, stack: str) -> list[Row]:
    return [_row(deployment, now, stack) for deployment in found]


def _row(deployment: DeploymentNow, now: datetime, stack: str) -> Row:
    what = f"{deployment.app} deployment"
    if not deployment.arn or deployment.since is None:
        return Row("", what, "none in the last 90 days")
    stage = f" at {deployment.stage}" if deployment.status in services.ONGOING else ""
    switch, abort = (typed(f"arbor bluegreen {what}", stack) for what in ("switch", "abort"))
    waits = f"; waits for a person: `{switch}` or `{abort}`" if deployment.waits else ""
    reason = f": {deployment.reason}" if deployment.status != SUCCESSFUL else ""
    return Row(
        "NG" if deployment.failed(now) else "OK",
        what,
        f"{deployment.status}{stage}, {ago(deployment.since, now)}{reason.rstrip(' :')}{waits}",
    )

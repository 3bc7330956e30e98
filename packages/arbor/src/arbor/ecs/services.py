"""An ECS service as it is now: what it runs, where, and which deployments it had."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming

ONGOING = (
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
)
SETTLED = frozenset({"SUCCESSFUL", "ROLLBACK_SUCCESSFUL"})
"""After these, and no others, the service runs the task definition that it names."""
PAGE = 100
"""Deployments that ECS lists in one answer."""
STARTING_MINUTES = 30
"""What a deployment may take beside its bake time and its pauses."""


class NoServiceError(Refused):
    """The cluster is there, and the service is not: `pulumi up` has not come to it yet."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A snapshot; `read` takes a new one."""

    account: Account
    app: str
    name: str
    task_definition: str
    desired: int
    network: dict[str, Any]
    balancers: list[dict[str, Any]]
    """As ECS has them now; it swaps their target groups at each deployment."""
    minutes: int
    """How long a deployment may take."""
    configuration: dict[str, Any] = field(default_factory=dict)
    """Of its deployments: strategy, bake time, alarms, hooks."""

    @property
    def production_rule(self) -> str:
        return str(self.balancers[0]["advancedConfiguration"]["productionListenerRule"])

    @property
    def port(self) -> int:
        """The container port on which the live version takes requests."""
        return int(self.balancers[0]["containerPort"])

    @property
    def bake_minutes(self) -> int:
        """How long the old colour stays once the new one has the users."""
        return int(self.configuration.get("bakeTimeInMinutes") or 0)

    def deployments(self, *statuses: str) -> list[dict[str, Any]]:
        """In short, the newest first; ECS keeps those of the last 90 days."""
        return sorted(self._listed(statuses), key=lambda one: one["createdAt"], reverse=True)

    def _listed(self, statuses: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Of all pages, for ECS promises no order; boto3 has no paginator for them."""
        ecs = self.account.client("ecs")
        asked: dict[str, Any] = {"maxResults": PAGE} | ({"status": [*statuses]} if statuses else {})
        while True:
            page = ecs.list_service_deployments(
                cluster=self.account.cluster, service=self.name, **asked
            )
            yield from page["serviceDeployments"]
            if not page.get("nextToken"):
                return
            asked["nextToken"] = page["nextToken"]

    def live(self) -> str | None:
        """The revision that serves, or None where the last deployment was left half way."""
        before = self.deployments()
        settled = not before or before[0]["status"] in SETTLED
        return self.task_definition if settled else None

    def last_good(self) -> str | None:
        """The revision to go back to: the live one, or that of the last success."""
        if (live := self.live()) is not None:
            return live
        good = self.deployments("SUCCESSFUL")
        return revision_of(self.account, good[0]) if good else None

    def busy(self) -> Iterator[str]:
        """A sentence for each deployment that is under way: what, whose, since when."""
        for deployment in self.deployments(*ONGOING):
            running = revision_of(self.account, deployment)
            stage = describe(self.account, deployment["serviceDeploymentArn"])
            at = f" at {stage['lifecycleStage']}" if stage.get("lifecycleStage") else ""
            answers = (
                f"It waits for a person: {command(self.account, 'test')}, then "
                f"{command(self.account, 'switch')} or {command(self.account, 'abort')}."
            )
            ends = (
                "Wait until it is over, or roll it back with `aws ecs stop-service-deployment "
                f"--service-deployment-arn {deployment['serviceDeploymentArn']} "
                "--stop-type ROLLBACK`."
            )
            yield (
                f"{self.name} is being deployed: {_whose(self.account, running)} is "
                f"{deployment['status']}{at} since {deployment['createdAt']:%H:%M:%S %Z}. "
                f"{answers if pauses(stage) else ends}"
            )


def read(account: Account, app: str) -> Service:
    """The service of an application; raises NoServiceError when there is none."""
    ecs, name = account.client("ecs"), naming.service(account.stack, app)
    try:
        found = ecs.describe_services(cluster=account.cluster, services=[name])["services"]
    except ecs.exceptions.ClusterNotFoundException:
        raise no_cluster(account) from None
    active = [service for service in found if service["status"] == "ACTIVE"]
    if not active:
        raise NoServiceError(
            f"There is no service {name}. Run `{account.typed('arbor migrate')}` if the database "
            f"is new, then `pulumi up` of {account.stack}."
        )
    (service,) = active
    strategy = service.get("deploymentConfiguration", {})
    pauses = [hook.get("timeoutConfiguration", {}) for hook in strategy.get("lifecycleHooks", [])]
    return Service(
        account=account,
        app=app,
        name=name,
        task_definition=service["taskDefinition"],
        desired=service["desiredCount"],
        network=service["networkConfiguration"],
        balancers=service["loadBalancers"],
        configuration=strategy,
        minutes=STARTING_MINUTES
        + int(strategy.get("bakeTimeInMinutes") or 0)
        + sum(int(pause.get("timeoutInMinutes") or 0) for pause in pauses),
    )


def no_cluster(account: Account) -> Refused:
    """What to say where it isn't: another account, or another region."""
    return Refused(
        f"There is no cluster {account.cluster} in this account and region: is {account.stack} "
        "the right stack, and are these its account and region?"
    )


def describe(account: Account, deployment: str) -> dict[str, Any]:
    """A deployment in full; nothing yet when ECS does not know it everywhere."""
    found = account.client("ecs").describe_service_deployments(serviceDeploymentArns=[deployment])
    return dict(next(iter(found["serviceDeployments"]), {}))


def pauses(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What a deployment, described in full, waits for."""
    hooks: list[dict[str, Any]] = told.get("lifecycleHookDetails", [])
    return [hook for hook in hooks if hook.get("status") == "AWAITING_ACTION"]


def command(account: Account, what: str) -> str:
    """A command that answers a pause, as it is typed."""
    return f"`{account.typed(f'arbor bluegreen {what}')}`"


def revision_of(account: Account, deployment: dict[str, Any]) -> str:
    """The task definition that a deployment brings, or nothing when ECS has forgotten."""
    found = account.client("ecs").describe_service_revisions(
        serviceRevisionArns=[deployment["targetServiceRevisionArn"]]
    )["serviceRevisions"]
    return str(found[0]["taskDefinition"]) if found else ""


def short(arn: str) -> str:
    """`family:revision`, as the runbook types it."""
    return arn.rsplit("/", 1)[-1]


def _whose(account: Account, arn: str) -> str:
    if not arn:
        return "a revision that is gone"
    found = account.client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    version = f" ({tags['Version']})" if "Version" in tags else ""
    by = found["taskDefinition"].get("registeredBy")
    return f"{short(arn)}{version}" + (f", registered by {by}," if by else "")

"""The stack's ECS services and their present state.

A service is an entry of `arbor:services`; this module finds it by cluster and tags
(docs/decisions/services-in-config.md).
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import ServiceDeploymentStatusType
    from mypy_boto3_ecs.type_defs import (
        DeploymentConfigurationOutputTypeDef,
        DeploymentLifecycleHookDetailTypeDef,
        ListServiceDeploymentsRequestTypeDef,
        LoadBalancerTypeDef,
        NetworkConfigurationOutputTypeDef,
        ServiceDeploymentBriefTypeDef,
        ServiceDeploymentTypeDef,
        ServiceTypeDef,
    )

ONGOING: "tuple[ServiceDeploymentStatusType, ...]" = (
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
)
SETTLED = frozenset({"SUCCESSFUL", "ROLLBACK_SUCCESSFUL"})
"""After only these, the service runs the task definition that it names."""
PAGE = 100
"""Deployments, or names of services, in one response."""
LAST = sys.maxsize
"""The order of a service without `releaseOrder`."""
DESCRIBED = 10
"""Services in one call of describe_services."""
TAGGED = 20
"""Target groups in one call of describe_tags."""
STARTING_MINUTES = 30
"""Minutes for a deployment without its bake time and its pauses."""


class NoServiceError(Refused):
    """The cluster has no such service yet; `pulumi up` creates it."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A snapshot; `read` takes a new one."""

    account: Account
    app: str
    name: str
    task_definition: str
    desired: int
    network: "NetworkConfigurationOutputTypeDef"
    balancers: "list[LoadBalancerTypeDef]"
    """As ECS has them now; it swaps their target groups at each deployment."""
    minutes: int
    """Time limit of a deployment."""
    configuration: "DeploymentConfigurationOutputTypeDef"
    """Its deployment configuration: strategy, bake time, alarms, hooks."""

    @property
    def production_rule(self) -> str:
        return str(self.balancers[0]["advancedConfiguration"]["productionListenerRule"])

    @property
    def port(self) -> int:
        """The container port on which the live version takes requests."""
        return int(self.balancers[0]["containerPort"])

    @property
    def bake_minutes(self) -> int:
        """Bake time: how long ECS keeps the old colour after the traffic shift."""
        return int(self.configuration.get("bakeTimeInMinutes") or 0)

    def deployments(
        self, *statuses: "ServiceDeploymentStatusType"
    ) -> "list[ServiceDeploymentBriefTypeDef]":
        """Summaries of the last 90 days, which ECS keeps; the newest first."""
        return sorted(self._listed(*statuses), key=lambda one: one["createdAt"], reverse=True)

    def _listed(
        self, *statuses: "ServiceDeploymentStatusType"
    ) -> Iterator["ServiceDeploymentBriefTypeDef"]:
        """All pages, as ECS guarantees no order; boto3 has no paginator for them."""
        ecs = self.account.client("ecs")
        request: ListServiceDeploymentsRequestTypeDef = {
            "cluster": self.account.cluster,
            "service": self.name,
            "maxResults": PAGE,
        }
        if statuses:
            request["status"] = statuses
        while True:
            page = ecs.list_service_deployments(**request)
            yield from page["serviceDeployments"]
            if not page.get("nextToken"):
                return
            request["nextToken"] = page["nextToken"]

    def live(self) -> str | None:
        """The revision that serves; None if the last deployment is incomplete."""
        before = self.deployments()
        settled = not before or before[0]["status"] in SETTLED
        return self.task_definition if settled else None

    def last_good(self) -> str | None:
        """The revision to roll back to: the live one, or the last successful deployment's."""
        if (live := self.live()) is not None:
            return live
        good = self.deployments("SUCCESSFUL")
        return revision_of(self.account, good[0]) if good else None

    def busy(self) -> Iterator[str]:
        """A sentence for each deployment in progress: revision, principal, start."""
        for deployment in self.deployments(*ONGOING):
            running = revision_of(self.account, deployment)
            stage = describe(self.account, deployment["serviceDeploymentArn"])
            at = f" at {stage['lifecycleStage']}" if stage.get("lifecycleStage") else ""
            answers = (
                f"It is paused: run {command(self.account, 'test')}, then "
                f"{command(self.account, 'switch')} or {command(self.account, 'abort')}."
            )
            ends = (
                "Wait until it ends, or roll it back with `aws ecs stop-service-deployment "
                f"--service-deployment-arn {deployment['serviceDeploymentArn']} "
                "--stop-type ROLLBACK`."
            )
            yield (
                f"{self.name} is being deployed: {_revision_text(self.account, running)} is "
                f"{deployment['status']}{at} since {deployment['createdAt']:%H:%M:%S %Z}. "
                f"{answers if pauses(stage) else ends}"
            )


def every(account: Account) -> tuple[Service, ...]:
    """The services of the stack in release order. Raises Refused without a cluster."""
    return tuple(snapshot(account, app, one) for app, one in described(account).items())


def required(account: Account) -> tuple[Service, ...]:
    """The same; raises NoServiceError where the stack has none."""
    if found := every(account):
        return found
    raise none(account)


def described(account: Account) -> "dict[str, ServiceTypeDef]":
    """The services of the stack by application, in release order.

    A service belongs to the stack if infrastructure created it: it has the tags of project, stack
    and `ManagedBy`, and its component's name. Copies made by hand are left out. Raises Refused
    without a cluster.
    """
    ecs, found = account.client("ecs"), []
    names = _names(account)
    for begin in range(0, len(names), DESCRIBED):
        found += ecs.describe_services(
            cluster=account.cluster, services=names[begin : begin + DESCRIBED], include=["TAGS"]
        )["services"]
    apps = {
        tags["Component"]: service
        for service in found
        if service["status"] == "ACTIVE"
        and _is_of_stack(account.stack, service["serviceName"], tags := tags_of(service))
    }
    return dict(sorted(apps.items(), key=lambda item: release_order(item[1], item[0])))


def refuse_not_created(account: Account, found: Iterable[str]) -> None:
    """Raises NoServiceError for an application of the stack, besides those found."""
    for app in sorted(with_target_groups(account) - set(found)):
        raise none(account, app)


def with_target_groups(account: Account) -> set[str]:
    """The applications for which infrastructure created target groups.

    One of them without an ECS service was deleted, or `pulumi up` has yet to create the service.
    The tags are read through the load balancer's API, which the deploy role may call.
    """
    elb, apps = account.client("elbv2"), set()
    pages = elb.get_paginator("describe_target_groups").paginate()
    arns = [group["TargetGroupArn"] for page in pages for group in page["TargetGroups"]]
    for begin in range(0, len(arns), TAGGED):
        described = elb.describe_tags(ResourceArns=arns[begin : begin + TAGGED])
        for group in described["TagDescriptions"]:
            tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
            if _expected(account.stack).items() <= tags.items() and "Component" in tags:
                apps.add(tags["Component"])
    return apps


def release_order(service: "ServiceTypeDef", app: str) -> tuple[int, str]:
    """The sort key of a release: `releaseOrder` of config, then the name."""
    order = tags_of(service).get(naming.RELEASE_ORDER_TAG, "")
    return (int(order) if order.isdecimal() else LAST, app)


def tags_of(service: "ServiceTypeDef") -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in service.get("tags", [])}


def _names(account: Account) -> list[str]:
    """Raises Refused without a cluster."""
    ecs, prefix = account.client("ecs"), naming.service(account.stack, "")
    pages = ecs.get_paginator("list_services").paginate(
        cluster=account.cluster, PaginationConfig={"PageSize": PAGE}
    )
    try:
        arns = [arn for page in pages for arn in page["serviceArns"]]
    except ecs.exceptions.ClusterNotFoundException:
        raise no_cluster(account) from None
    return [name for arn in arns if (name := short(arn)).startswith(prefix)]


def _is_of_stack(stack: str, name: str, tags: Mapping[str, str]) -> bool:
    return _expected(stack).items() <= tags.items() and name == naming.service(
        stack, tags.get("Component", "")
    )


def _expected(stack: str) -> dict[str, str]:
    """The tags of everything that infrastructure created for the stack."""
    return {"Project": naming.PROJECT, "Stack": stack, "ManagedBy": "pulumi"}


def read(account: Account, app: str) -> Service:
    """A service of the stack as it is now. Raises NoServiceError if it doesn't exist."""
    ecs, name = account.client("ecs"), naming.service(account.stack, app)
    try:
        found = ecs.describe_services(cluster=account.cluster, services=[name], include=["TAGS"])
    except ecs.exceptions.ClusterNotFoundException:
        raise no_cluster(account) from None
    for service in found["services"]:
        if service["status"] == "ACTIVE":
            return snapshot(account, app, service)
    raise none(account, app)


def none(account: Account, app: str | None = None) -> NoServiceError:
    """The refusal before `pulumi up` has created a service."""
    what = f"service {naming.service(account.stack, app)}" if app else f"service of {account.stack}"
    return NoServiceError(
        f"There is no {what}. Run `{account.typed('arbor migrate')}` if the database "
        f"is new, then `pulumi up` of {account.stack}."
    )


def snapshot(account: Account, app: str, found: "ServiceTypeDef") -> Service:
    """A service as ECS describes it."""
    strategy = found.get("deploymentConfiguration", {})
    pauses = [hook.get("timeoutConfiguration", {}) for hook in strategy.get("lifecycleHooks", [])]
    return Service(
        account=account,
        app=app,
        name=found["serviceName"],
        task_definition=found["taskDefinition"],
        desired=found["desiredCount"],
        network=found["networkConfiguration"],
        balancers=found["loadBalancers"],
        configuration=strategy,
        minutes=STARTING_MINUTES
        + int(strategy.get("bakeTimeInMinutes") or 0)
        + sum(int(pause.get("timeoutInMinutes") or 0) for pause in pauses),
    )


def no_cluster(account: Account) -> Refused:
    """The refusal if the account and region have no such cluster."""
    return Refused(
        f"There is no cluster {account.cluster} in this account and region. Check the stack, the "
        "credentials and AWS_REGION."
    )


def describe(account: Account, deployment: str) -> "ServiceDeploymentTypeDef":
    """A deployment's full description; empty until ECS lists it."""
    found = account.client("ecs").describe_service_deployments(serviceDeploymentArns=[deployment])
    return found["serviceDeployments"][0] if found["serviceDeployments"] else {}


def pauses(deployment: "ServiceDeploymentTypeDef") -> "list[DeploymentLifecycleHookDetailTypeDef]":
    """The hooks at which a described deployment is paused."""
    hooks = deployment.get("lifecycleHookDetails", [])
    return [hook for hook in hooks if hook.get("status") == "AWAITING_ACTION"]


def command(account: Account, what: str) -> str:
    """A command of the group `bluegreen`, to be typed for this stack."""
    return f"`{account.typed(f'arbor bluegreen {what}')}`"


def revision_of(account: Account, deployment: "ServiceDeploymentBriefTypeDef") -> str:
    """The task definition that a deployment deploys; empty if ECS no longer has it."""
    found = account.client("ecs").describe_service_revisions(
        serviceRevisionArns=[deployment["targetServiceRevisionArn"]]
    )["serviceRevisions"]
    return str(found[0]["taskDefinition"]) if found else ""


def short(arn: str) -> str:
    """`family:revision`, as the runbook types it."""
    return arn.rsplit("/", 1)[-1]


def _revision_text(account: Account, arn: str) -> str:
    if not arn:
        return "a deleted revision"
    found = account.client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
    version = f" ({tags['Version']})" if "Version" in tags else ""
    by = found["taskDefinition"].get("registeredBy")
    return f"{short(arn)}{version}" + (f", registered by {by}," if by else "")

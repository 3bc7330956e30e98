"""Deploy a revision to a service, and follow the deployment to its final status."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs.services import ONGOING, Service, command, describe, pauses, revision_of, short
from arbor.procedure import Failed, Step

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DeploymentLifecycleHookActionType
    from mypy_boto3_ecs.type_defs import (
        DeploymentConfigurationOutputTypeDef,
        LoadBalancerTypeDef,
        ServiceDeploymentTypeDef,
        UpdateServiceRequestTypeDef,
    )

SUCCESSFUL, ROLLED_BACK = "SUCCESSFUL", "ROLLBACK_SUCCESSFUL"
REVERSIBLE = frozenset({"PENDING", "IN_PROGRESS"})
"""The ongoing statuses in which ECS can still roll back."""
MINUTE = 60.0


def undescribed() -> "ServiceDeploymentTypeDef":
    """The default of `Rollout.described`."""
    return {}


@dataclass(kw_only=True)
class Rollout:
    """A deployment to start, or with `arn` an existing one.

    Its own status decides: `wait services-stable` also succeeds after a rollback.
    """

    service: Service
    revision: Callable[[], str]
    """Returns the ARN to deploy, once it is registered."""
    what: str
    """What it deploys, for messages, such as a version."""
    continues: bool = False
    """Answer every pause with CONTINUE: the revision has been live before."""
    configuration: "DeploymentConfigurationOutputTypeDef | None" = None
    """The service's new deployment configuration; None keeps the present one."""
    began: bool = False
    """Whether the call to ECS was made."""
    known: frozenset[str] = frozenset()
    """Deployments that existed before it."""
    arn: str | None = None
    described: "ServiceDeploymentTypeDef" = field(default_factory=undescribed)
    """Its last description by ECS."""

    @property
    def account(self) -> Account:
        return self.service.account

    def step(self) -> Step:
        return Step(
            action=f"deploy {self.what} to {self.service.name}",
            do=self.begin,
            took_effect=self.succeeded,
            shows=self.progress,
            meanwhile=self._refresh_and_continue if self.continues else self.refresh,
            timeout=self.service.minutes * MINUTE,
        )

    def is_superseded(self) -> bool:
        """Whether another deployment was started after it."""
        deployments = self.service.deployments()
        newest = {deployment["serviceDeploymentArn"] for deployment in deployments[:1]}
        return not newest <= {self.find(), *self.known}

    def status(self) -> str:
        """Its status now; empty until ECS lists it."""
        self.refresh()
        return str(self.described.get("status", ""))

    def find(self) -> str | None:
        """Its ARN: the newest new deployment with the revision.

        A call whose response was lost is repeated, and the second deployment stops the first.
        """
        if self.arn is None and self.began:
            wanted = self.revision()
            for deployment in self.service.deployments():
                arn = str(deployment["serviceDeploymentArn"])
                if arn not in self.known and revision_of(self.account, deployment) == wanted:
                    self.arn = arn
                    break
        return self.arn

    def begin(self) -> None:
        """Start it. Raises Failed while another deployment is in progress."""
        # Another operator may have started one since the check.
        for sentence in self.service.busy():
            raise Failed(sentence)
        revision = self.revision()
        ecs = self.account.client("ecs")
        self.known = frozenset(d["serviceDeploymentArn"] for d in self.service.deployments())
        self.began = True
        request: UpdateServiceRequestTypeDef = {
            "cluster": self.account.cluster,
            "service": self.service.name,
            "taskDefinition": revision,
            # Starts a deployment even if the service already names the revision.
            "forceNewDeployment": revision == self.service.task_definition,
        }
        if self.configuration is not None:
            request["deploymentConfiguration"] = self.configuration
        if balancers := self._load_balancers(revision):
            request["loadBalancers"] = balancers
        ecs.update_service(**request)

    def _load_balancers(self, revision: str) -> "list[LoadBalancerTypeDef]":
        """The load balancers, if the revision listens on another port than the live one.

        They are sent only then, and in ECS's order of the target groups, which decides the colour
        that the deployment goes to.
        """
        found = self.account.client("ecs").describe_task_definition(taskDefinition=revision)
        (balancer,) = self.service.balancers
        ports = [
            mapping["containerPort"]
            for container in found["taskDefinition"]["containerDefinitions"]
            if container["name"] == balancer["containerName"]
            for mapping in container.get("portMappings", [])
        ]
        if self.service.port in ports or not ports:
            return []
        return [{**balancer, "containerPort": ports[0]}]

    def refresh(self) -> None:
        """Read its description again."""
        if (arn := self.find()) is not None:
            self.described = describe(self.account, arn) or self.described

    def succeeded(self) -> bool:
        """Whether its status is SUCCESSFUL. Raises Failed if it ended otherwise."""
        status = self.described.get("status")
        if status is None or status in ONGOING:
            return False
        if status == SUCCESSFUL:
            return True
        raise Failed(self.ended())

    def ended(self) -> str:
        """A sentence with its status and ECS's reason."""
        why = self.described.get("rollback", {}).get("reason") or self.described.get("statusReason")
        return (
            f"The deployment of {self.what} to {self.service.name} is "
            f"{self.described.get('status')}: "
            f"{(why or 'ECS gives no reason').rstrip('.')}."
        )

    def progress(self) -> str:
        """Its status and stage; at a pause, the commands that answer it."""
        stage = self.described.get("lifecycleStage", "")
        if pauses(self.described):
            switch, abort = (command(self.account, what) for what in ("switch", "abort"))
            return (
                f"{self.service.name}: paused at {stage}. Test the green host, then in another "
                f"terminal run {switch}, or {abort} to roll {self.what} back."
            )
        status = self.described.get("status", "")
        return f"{self.service.name}: {' '.join(filter(None, (status, stage)))}" if status else ""

    def answer(self, action: "DeploymentLifecycleHookActionType") -> bool:
        """Answer every pause with CONTINUE or ROLLBACK; returns whether it was paused."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

        ecs, waits = self.account.client("ecs"), pauses(self.described)
        for hook in waits:
            try:
                ecs.continue_service_deployment(
                    serviceDeploymentArn=self.described["serviceDeploymentArn"],
                    hookId=hook["hookId"],
                    action=action,
                )
            except ClientError:
                # Another operator answered first, or the first call's response was lost.
                self.refresh()
                if hook["hookId"] in {left["hookId"] for left in pauses(self.described)}:
                    raise
        if waits:
            self.refresh()
        return bool(waits)

    def roll_back(self) -> None:
        """Roll it back, paused or not, unless that is in progress or it has ended."""
        if self.answer("ROLLBACK") or self.described.get("status") not in REVERSIBLE:
            return
        ecs = self.account.client("ecs")
        try:
            ecs.stop_service_deployment(
                serviceDeploymentArn=self.described["serviceDeploymentArn"], stopType="ROLLBACK"
            )
        except ecs.exceptions.ConflictException:
            if self.status() in REVERSIBLE:
                raise

    def _refresh_and_continue(self) -> None:
        self.refresh()
        self.answer("CONTINUE")


def rollback_steps(rollout: Rollout, before: str | None) -> Iterator[Step]:
    """Return a service to the revision `before`, unless ECS has rolled back already.

    Raises Failed if there is no such revision, or another deployment has started since.
    """
    service = rollout.service
    if rollout.is_superseded():
        raise Failed(f"{service.name} was left unchanged: another deployment has started since.")
    if rollout.find() is None:
        return  # ECS refused to start it
    if rollout.status() in ONGOING:
        yield Step(
            action=f"roll back the deployment of {rollout.what} to {service.name}",
            do=rollout.roll_back,
            took_effect=lambda: rollout.status() not in ONGOING,
            shows=rollout.progress,
            timeout=service.minutes * MINUTE,
        )
    if rollout.status() == ROLLED_BACK:
        return
    if before is None:
        raise Failed(f"{service.name} has no earlier revision to roll back to.")
    yield Rollout(
        service=service, revision=lambda: before, what=short(before), continues=True
    ).step()

"""Give a service a revision, and follow that deployment until ECS says how it ended."""

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
GOES_ON = frozenset({"PENDING", "IN_PROGRESS"})
"""The ongoing statuses in which ECS can still roll back."""
MINUTE = 60.0


def undescribed() -> "ServiceDeploymentTypeDef":
    """The default of `Rollout.described`."""
    return {}


@dataclass(kw_only=True)
class Rollout:
    """One deployment of ours, or with `arn` one that is there already.

    `wait services-stable` is content after a rollback, too; a service deployment has a status.
    """

    service: Service
    revision: Callable[[], str]
    """Returns the ARN to deploy, once it is registered."""
    what: str
    """For people, such as a version."""
    continues: bool = False
    """Answer every pause with CONTINUE: the revision has been live before."""
    configuration: "DeploymentConfigurationOutputTypeDef | None" = None
    """The service's deployments are configured so from then on; None leaves it as it is."""
    began: bool = False
    """Whether the call to ECS was made."""
    known: frozenset[str] = frozenset()
    """Deployments that were there before it."""
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
            meanwhile=self._answer if self.continues else self.look,
            timeout=self.service.minutes * MINUTE,
        )

    def others(self) -> bool:
        """Whether another deployment was started after it."""
        deployments = self.service.deployments()
        newest = {deployment["serviceDeploymentArn"] for deployment in deployments[:1]}
        return not newest <= {self.find(), *self.known}

    def status(self) -> str:
        """Its status now; empty until ECS lists it."""
        self.look()
        return str(self.described.get("status", ""))

    def find(self) -> str | None:
        """Its ARN: the newest of those that are new and bring our revision.

        A call whose answer was lost is repeated, and the second deployment stops the first.
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
        """Ask ECS for it; raises Failed while another is under way."""
        # Minutes may have passed since the first look; a deployment of somebody else stays theirs.
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
            # Where the service names it already but does not run it, nothing else would begin.
            "forceNewDeployment": revision == self.service.task_definition,
        }
        if self.configuration is not None:
            request["deploymentConfiguration"] = self.configuration
        if balancers := self._on_its_port(revision):
            request["loadBalancers"] = balancers
        ecs.update_service(**request)

    def _on_its_port(self, revision: str) -> "list[LoadBalancerTypeDef]":
        """The load balancers, where the revision listens on another port than the live one.

        Named only then, and in ECS's own order of the groups: a named order aims the deployment.
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

    def look(self) -> None:
        """Ask ECS how far it has come."""
        if (arn := self.find()) is not None:
            self.described = describe(self.account, arn) or self.described

    def succeeded(self) -> bool:
        """By its own status. Raises Failed where it ended otherwise."""
        status = self.described.get("status")
        if status is None or status in ONGOING:
            return False
        if status == SUCCESSFUL:
            return True
        raise Failed(self.ended())

    def ended(self) -> str:
        """A sentence: how, and ECS's reason."""
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
                f"{self.service.name}: {stage} waits for a person. Try the green host, then in "
                f"another terminal {switch} (or {abort}, which is the end of {self.what})."
            )
        status = self.described.get("status", "")
        return f"{self.service.name}: {' '.join(filter(None, (status, stage)))}" if status else ""

    def answer(self, action: "DeploymentLifecycleHookActionType") -> bool:
        """Answer all that it waits for with CONTINUE or ROLLBACK; whether it waited."""
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
                # A person may have been quicker, or the answer to our first call was lost.
                self.look()
                if hook["hookId"] in {left["hookId"] for left in pauses(self.described)}:
                    raise
        if waits:
            self.look()
        return bool(waits)

    def take_back(self) -> None:
        """Ask ECS to roll it back, paused or not; nothing when that is under way or over."""
        if self.answer("ROLLBACK") or self.described.get("status") not in GOES_ON:
            return
        ecs = self.account.client("ecs")
        try:
            ecs.stop_service_deployment(
                serviceDeploymentArn=self.described["serviceDeploymentArn"], stopType="ROLLBACK"
            )
        except ecs.exceptions.ConflictException:
            if self.status() in GOES_ON:
                raise

    def _answer(self) -> None:
        self.look()
        self.answer("CONTINUE")


def back(rollout: Rollout, before: str | None) -> Iterator[Step]:
    """Bring a service back to the revision that was live; ECS may have done that by itself.

    Raises Failed where there is none, or where another deployment has begun since.
    """
    service = rollout.service
    if rollout.others():
        raise Failed(f"{service.name} is left alone: another deployment has begun since.")
    if rollout.find() is None:
        return  # ECS refused to begin it
    if rollout.status() in ONGOING:
        yield Step(
            action=f"roll back the deployment of {rollout.what} to {service.name}",
            do=rollout.take_back,
            took_effect=lambda: rollout.status() not in ONGOING,
            shows=rollout.progress,
            timeout=service.minutes * MINUTE,
        )
    if rollout.status() == ROLLED_BACK:
        return
    if before is None:
        raise Failed(f"{service.name} has no revision that was ever deployed to go back to.")
    yield Rollout(
        service=service, revision=lambda: before, what=short(before), continues=True
    ).step()

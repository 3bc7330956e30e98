"""Task definition revisions: infrastructure's, and those that releases register from them.

docs/decisions/release-revisions.md describes how the two differ.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from arbor.account import Account
from arbor.ecs import images
from arbor.procedure import Refused, Step

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        RegisterTaskDefinitionRequestTypeDef,
        TaskDefinitionTypeDef,
    )

MANAGED_BY, VERSION = "ManagedBy", "Version"
INFRASTRUCTURE, RELEASE = "pulumi", "release"
UNORDERED = ("environment", "secrets")


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A registered revision."""

    arn: str
    definition: "TaskDefinitionTypeDef"
    """As ECS describes it."""
    tags: dict[str, str]

    @property
    def active(self) -> bool:
        """Whether it can be deployed."""
        return self.definition["status"] == "ACTIVE"

    def image(self, container: str) -> str:
        """The container's image. Raises Refused if there is no such container."""
        return _container(self.definition, container, self.arn)["image"]

    def version(self, container: str) -> str:
        """The tag or digest of the container's image; empty for an image outside ECR."""
        image = images.parse(self.image(container))
        return image.version if image else ""


@dataclass(kw_only=True)
class PlannedRevision:
    """The revision of a family with a version's image, registered or not."""

    account: Account
    family: str
    container: str
    """The container whose image changes."""
    image: images.Image
    content: "TaskDefinitionTypeDef"
    """As it would be described: parameters of register_task_definition, without tags."""
    tags: dict[str, str]
    arn: str | None
    """None until it is registered."""

    @property
    def registered(self) -> str:
        """Its ARN, available after `steps`."""
        assert self.arn is not None, f"{self.family}: used before it was registered"
        return self.arn

    def is_run_by(self, arn: str) -> bool:
        """Whether another revision has the same content, so that a deployment changes nothing."""
        if arn == self.arn:
            return True
        found = self.account.client("ecs").describe_task_definition(taskDefinition=arn)
        return _same(content_of(self.account, found["taskDefinition"]), self.content)

    def steps(self) -> Iterator[Step]:
        """Register it, unless it exists."""
        if self.arn is None:
            yield Step(
                action=f"register a revision of {self.family} with {self.image}",
                do=self._register,
                took_effect=self._is_active,
            )

    def settings(self) -> "ContainerDefinitionOutputTypeDef":
        """The container's definition."""
        return _container(self.content, self.container, self.family)

    def _register(self) -> None:
        # `content_of` leaves the parameters alone, whose types differ in name only.
        request = cast("RegisterTaskDefinitionRequestTypeDef", self.content)
        request = {
            **request,
            "tags": [{"key": key, "value": value} for key, value in self.tags.items()],
        }
        made = self.account.client("ecs").register_task_definition(**request)
        self.arn = made["taskDefinition"]["taskDefinitionArn"]

    def _is_active(self) -> bool:
        found = self.account.client("ecs").describe_task_definition(taskDefinition=self.registered)
        return found["taskDefinition"]["status"] == "ACTIVE"


def planned(account: Account, family: str, container: str, version: str) -> PlannedRevision:
    """Infrastructure's newest revision with this version's image. Raises Refused.

    A newer revision with the same content, such as an interrupted release's, is reused.
    """
    newer: list[tuple[str, TaskDefinitionTypeDef]] = []
    for arn in newest_first(account, family):
        found = read(account, arn)
        content, tags = content_of(account, found.definition), found.tags
        newer.append((arn, content))
        if tags.get(MANAGED_BY) == INFRASTRUCTURE:
            break
    else:
        raise _no_infrastructure(account, family)
    changed: TaskDefinitionTypeDef = json.loads(json.dumps(content))
    one = _container(changed, container, family)
    image = images.parse(one["image"])
    if image is None:
        raise Refused(
            f"{arn} runs {one['image']}, which is not in ECR: set a version instead of an image "
            f"for it in Pulumi.{account.stack}.yaml."
        )
    image = image.of(version)
    one["image"] = str(image)
    return PlannedRevision(
        account=account,
        family=family,
        container=container,
        image=image,
        content=changed,
        tags={**tags, MANAGED_BY: RELEASE, VERSION: version},
        arn=next((arn for arn, held in newer if _same(held, changed)), None),
    )


def infrastructure(account: Account, family: str) -> Revision:
    """The newest revision that `pulumi up` registered. Raises Refused if there is none."""
    for arn in newest_first(account, family):
        found = read(account, arn)
        if found.tags.get(MANAGED_BY) == INFRASTRUCTURE:
            return found
    raise _no_infrastructure(account, family)


def _no_infrastructure(account: Account, family: str) -> Refused:
    return Refused(
        f"No revision of {family} was registered by infrastructure ({MANAGED_BY}="
        f"{INFRASTRUCTURE}); run `pulumi up` of {account.stack} first."
    )


def version_of(account: Account, arn: str, container: str) -> str:
    """The tag or digest of a revision's image. Raises Refused for an image outside ECR."""
    found = account.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    image = images.parse(_container(found, container, arn)["image"])
    if image is None or not image.version:
        raise Refused(f"{arn} runs no image in ECR with a tag or digest; pass the version.")
    return image.version


def read(account: Account, named: str) -> Revision:
    """A revision by ARN or `family:revision`. Raises ClientException if it doesn't exist."""
    found = account.client("ecs").describe_task_definition(taskDefinition=named, include=["TAGS"])
    # AWS rejects its reserved tags in a request.
    tags = {
        tag["key"]: tag["value"]
        for tag in found.get("tags", [])
        if not tag["key"].startswith("aws:")
    }
    definition = found["taskDefinition"]
    return Revision(arn=definition["taskDefinitionArn"], definition=definition, tags=tags)


def newest_first(account: Account, family: str) -> Iterator[str]:
    """The ARN of every active revision, listed page by page."""
    pages = (
        account.client("ecs")
        .get_paginator("list_task_definitions")
        .paginate(familyPrefix=family, status="ACTIVE", sort="DESC")
    )
    for page in pages:
        for arn in page["taskDefinitionArns"]:
            if family_of(arn) == family:  # the prefix also matches longer names
                yield arn


def family_of(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]


def number(arn: str) -> int:
    """A revision's number in its family; ECS only increments it."""
    return int(arn.rsplit(":", 1)[-1])


def content_of(account: Account, definition: "TaskDefinitionTypeDef") -> "TaskDefinitionTypeDef":
    """The parameters of RegisterTaskDefinition in a described task definition."""
    model = account.client("ecs").meta.service_model.operation_model("RegisterTaskDefinition")
    parameters = model.input_shape.members
    content = {key: value for key, value in definition.items() if key in parameters}
    return cast("TaskDefinitionTypeDef", content)


def _container(
    definition: "TaskDefinitionTypeDef", name: str, where: str
) -> "ContainerDefinitionOutputTypeDef":
    for container in definition["containerDefinitions"]:
        if container["name"] == name:
            return container
    raise Refused(f"{where} has no container {name}.")


def _same(one: "TaskDefinitionTypeDef", other: "TaskDefinitionTypeDef") -> bool:
    """Whether they are equal, in any order of variables: ECS keeps no order."""
    return _canonical(one) == _canonical(other)


def _canonical(definition: "TaskDefinitionTypeDef") -> dict[str, object]:
    containers = [
        {
            key: sorted(value, key=lambda variable: str(variable["name"]))
            if key in UNORDERED and isinstance(value, list)
            else value
            for key, value in container.items()
        }
        for container in definition["containerDefinitions"]
    ]
    return {**definition, "containerDefinitions": containers}

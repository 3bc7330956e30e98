"""Requirements of a revision: its images, its secrets, its log groups."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import images
from arbor.ecs.revisions import PlannedRevision

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef

MANAGER = ":secretsmanager:"
ARN_PARTS = 7
"""In `valueFrom`, key, stage and version follow."""


def missing(account: Account, planned: PlannedRevision) -> Iterator[str]:
    """A sentence for each requirement of the revision that doesn't exist."""
    yield from missing_of(account, planned.content)


def missing_of(account: Account, definition: "TaskDefinitionTypeDef") -> Iterator[str]:
    """As `missing`, for a task definition from ECS. Images outside ECR are not checked."""
    containers = definition["containerDefinitions"]
    for image in dict.fromkeys(images.parse(container["image"]) for container in containers):
        if image is not None:
            yield from images.missing(account, image)
    values = {value["valueFrom"] for c in containers for value in c.get("secrets", [])}
    secrets = {":".join(v.split(":")[:ARN_PARTS]) for v in values if MANAGER in v}
    for secret in sorted(secrets):
        yield from missing_secret(account, secret)
    options = [c.get("logConfiguration", {}).get("options", {}) for c in containers]
    for group in sorted({o["awslogs-group"] for o in options if "awslogs-group" in o}):
        yield from missing_log_group(account, group)


def missing_secret(account: Account, arn: str) -> Iterator[str]:
    manager = account.client("secretsmanager")
    try:
        found = manager.describe_secret(SecretId=arn)
    except manager.exceptions.ResourceNotFoundException:
        yield f"There is no secret {arn}; run `pulumi up` of {account.stack}."
        return
    if "DeletedDate" in found:
        yield (
            f"{found['Name']} is scheduled for deletion. Restore it: "
            f"`aws secretsmanager restore-secret --secret-id {found['Name']}`."
        )


def missing_log_group(account: Account, name: str) -> Iterator[str]:
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {group["logGroupName"] for group in found}:
        yield f"There is no log group {name}; run `pulumi up` of {account.stack}."

"""What a revision needs before it can start: its image, its secrets, its log group."""

from collections.abc import Iterator

from operations.account import Account
from operations.ecs import images
from operations.ecs.revisions import Wanted

MANAGER = ":secretsmanager:"
ARN_PARTS = 7
"""`valueFrom` goes on with key, stage and version."""


def missing(account: Account, wanted: Wanted) -> Iterator[str]:
    """A sentence for each thing that is not there."""
    yield from images.missing(account, wanted.image)
    containers = wanted.content["containerDefinitions"]
    values = {value["valueFrom"] for c in containers for value in c.get("secrets", [])}
    secrets = {":".join(v.split(":")[:ARN_PARTS]) for v in values if MANAGER in v}
    for secret in sorted(secrets):
        yield from _missing_secret(account, secret)
    options = [c.get("logConfiguration", {}).get("options", {}) for c in containers]
    for group in sorted({o["awslogs-group"] for o in options if "awslogs-group" in o}):
        yield from _missing_log_group(account, group)


def _missing_secret(account: Account, arn: str) -> Iterator[str]:
    manager = account.client("secretsmanager")
    try:
        found = manager.describe_secret(SecretId=arn)
    except manager.exceptions.ResourceNotFoundException:
        yield f"There is no secret {arn}; run `pulumi up` of {account.stack}."
        return
    if "DeletedDate" in found:
        yield (
            f"{found['Name']} is to be deleted: "
            f"`aws secretsmanager restore-secret --secret-id {found['Name']}`."
        )


def _missing_log_group(account: Account, name: str) -> Iterator[str]:
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {group["logGroupName"] for group in found}:
        yield f"There is no log group {name}; run `pulumi up` of {account.stack}."

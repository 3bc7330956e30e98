"""Checks of a version's tasks: images, roles, secrets, log groups."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from arbor.account import Account
from arbor.ecs import images, requirements
from arbor.release.verify.snapshot import Found, Skipped, Snapshot, sentences

TASKS, ECS = "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"
KEY, STAGE, VERSION = requirements.ARN_PARTS, requirements.ARN_PARTS + 1, requirements.ARN_PARTS + 2
"""Their positions in `valueFrom`, after the secret's ARN."""


def in_ecr(snapshot: Snapshot) -> Found:
    """The version's images exist; the migrations run the backend's."""
    wanted = list(dict.fromkeys(one.image for one in snapshot.planned.values()))
    wrong = sentences(*(partial(images.missing, snapshot.account, one) for one in wanted))
    return Found(", ".join(f"{one.repository}:{one.version}" for one in wanted), tuple(wrong))


def roles(snapshot: Snapshot) -> Found:
    """Each role exists and trusts the service that assumes it."""
    wanted: dict[tuple[str, str], str] = {}
    wrong = []
    for one in snapshot.planned.values():
        execution, task = one.content.get("executionRoleArn"), one.content.get("taskRoleArn")
        if execution:
            wanted.setdefault((execution, TASKS), f"the execution role of {one.family}")
        else:
            wrong.append(
                f"{one.family} has no execution role, which pulls its image; run "
                f"`pulumi up` of {snapshot.account.stack}."
            )
        if task:
            wanted.setdefault((task, TASKS), f"the task role of {one.family}")
    for service in snapshot.services:
        arn = snapshot.balancer(service.app)["advancedConfiguration"]["roleArn"]
        wanted.setdefault(
            (arn, ECS), f"the role with which ECS shifts the traffic of {service.name}"
        )
    calls = (
        partial(_role, snapshot.account, arn, trusted, whose)
        for (arn, trusted), whose in wanted.items()
    )
    wrong += sentences(*calls)
    return Found(f"{len(wanted)} roles exist and trust their service", tuple(wrong))


def _role(account: Account, arn: str, trusted: str, whose: str) -> Iterator[str]:
    iam = account.client("iam")
    name = arn.rsplit("/", 1)[-1]
    remedy = f"run `pulumi up` of {account.stack}."
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        yield f"There is no role {name}, {whose}; {remedy}"
        return
    policy = found["AssumeRolePolicyDocument"]
    assert isinstance(policy, dict)  # botocore parses IAM's JSON
    if not _trusts(policy, trusted):
        yield f"{trusted} may not assume {name}, {whose}; {remedy}"


def _trusts(document: Mapping[str, Any], service: str) -> bool:
    for statement in document.get("Statement", []):
        principal = statement.get("Principal", {})
        if (
            statement.get("Effect") == "Allow"
            and "sts:AssumeRole" in _each(statement.get("Action"))
            and isinstance(principal, dict)
            and service in _each(principal.get("Service"))
        ):
            return True
    return False


def secrets(snapshot: Snapshot) -> Found:
    """Each secret exists, isn't scheduled for deletion, and contains every key that tasks use."""
    keys: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in snapshot.planned.values():
        for container in one.content["containerDefinitions"]:
            for value in container.get("secrets", []):
                parts = [*value["valueFrom"].split(":"), "", "", ""]
                if requirements.MANAGER in value["valueFrom"]:
                    arn = ":".join(parts[: requirements.ARN_PARTS])
                    keys[arn, parts[STAGE], parts[VERSION]] |= {parts[KEY]} - {""}
    arns = sorted({arn for arn, _, _ in keys})
    wrong = sentences(
        *(partial(requirements.missing_secret, snapshot.account, arn) for arn in arns)
    )
    if not wrong:
        wrong = sentences(
            *(partial(_keys, snapshot.account, *which, named) for which, named in keys.items())
        )
    names = ", ".join(arn.split(":")[6].rsplit("-", 1)[0] for arn in arns)
    return Found(f"{names} contain every key that tasks use", tuple(wrong))


def _keys(account: Account, arn: str, stage: str, version: str, keys: set[str]) -> Iterator[str]:
    """A sentence for the missing keys, without values."""
    manager = account.client("secretsmanager")
    request = {"VersionStage": stage} if stage else {}
    request |= {"VersionId": version} if version else {}
    name = arn.split(":")[6].rsplit("-", 1)[0]
    try:
        held = manager.get_secret_value(SecretId=arn, **request).get("SecretString", "")
    except manager.exceptions.ResourceNotFoundException:
        yield f"{name} has no value; store one, or run `pulumi up` of {account.stack}."
        return
    except manager.exceptions.ClientError as error:
        if "AccessDenied" in error.response["Error"]["Code"]:
            raise Skipped(f"the keys of {name} are unknown: you may not read its value") from error
        raise
    try:
        found = json.loads(held)
    except ValueError:
        found = None
    missing = sorted(keys - set(found if isinstance(found, dict) else ()))
    if missing:
        yield (
            f"{name} lacks {' and '.join(missing)} in its JSON, so ECS can't start a task. Store "
            "the whole value again with `aws secretsmanager put-secret-value`."
        )


def logs(snapshot: Snapshot) -> Found:
    """Each log group exists: ECS creates none, and starts no task without it."""
    groups = sorted(
        {
            options["awslogs-group"]
            for one in snapshot.planned.values()
            for container in one.content["containerDefinitions"]
            if "awslogs-group"
            in (options := container.get("logConfiguration", {}).get("options", {}))
        }
    )
    wrong = sentences(
        *(partial(requirements.missing_log_group, snapshot.account, g) for g in groups)
    )
    return Found(", ".join(groups), tuple(wrong))


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]

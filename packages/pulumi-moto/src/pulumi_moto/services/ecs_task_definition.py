"""ECS task definitions.

The physical id is the revision's ARN, which identifies the revision. The AWS provider's id is the
family.
"""

import json

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.ecs_shapes import ecs_tags, plain_tags, retag
from pulumi_moto.shapes import Members, same_set

PLAIN = (
    "family",
    "cpu",
    "memory",
    "networkMode",
    "requiresCompatibilities",
    "executionRoleArn",
    "taskRoleArn",
    "runtimePlatform",
)
"""Inputs with the same name in ECS and Pulumi."""


def create(ecs: Client, props: Props) -> str:
    storage = props.get("ephemeralStorage")
    registered = ecs.register_task_definition(
        **{key: props[key] for key in PLAIN if key in props},
        containerDefinitions=json.loads(props["containerDefinitions"]),
        volumes=[dict(volume) for volume in props.get("volumes", [])],
        **({"ephemeralStorage": {"sizeInGiB": int(storage["sizeInGib"])}} if storage else {}),
        tags=ecs_tags(props.get("tags", {})),
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def read(ecs: Client, arn: str) -> State | None:
    try:
        described = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    except ecs.exceptions.ClientException:  # "Unable to describe task definition."
        return None
    found = described["taskDefinition"]
    if found["status"] != "ACTIVE":
        return None
    state = {key: found[key] for key in PLAIN if key in found}
    if storage := found.get("ephemeralStorage"):
        state["ephemeralStorage"] = {"sizeInGib": storage["sizeInGiB"]}
    return {
        **state,
        "containerDefinitions": json.dumps(found["containerDefinitions"]),
        "volumes": [{"name": volume["name"]} for volume in found.get("volumes", [])],
        "arn": arn,
        "arnWithoutRevision": arn.rsplit(":", 1)[0],
        "revision": found["revision"],
        "tags": plain_tags(described.get("tags", [])),
    }


def update(ecs: Client, arn: str, change: Change) -> None:
    retag(ecs, arn, change)


def delete(ecs: Client, arn: str, state: Props) -> None:
    """Deregister the revision; with `skipDestroy` it stays ACTIVE for a rollback."""
    if not state.get("skipDestroy") and read(ecs, arn) is not None:
        ecs.deregister_task_definition(taskDefinition=arn)


def _same_containers(old: str, new: str) -> bool:
    """Compare without ECS's defaults and the order of variables."""
    try:
        return _canonical(old) == _canonical(new)
    except ValueError:  # unknown in a preview
        return False


def _canonical(definitions: str) -> list[Members]:
    """Follow `containerDefinitions.reduce` in internal/service/ecs/container_definitions.go."""
    containers = map(_canonical_container, json.loads(definitions))
    return sorted(containers, key=lambda container: str(container.get("name")))


def _canonical_container(container: Members) -> Members:
    made = {key: value for key, value in container.items() if value not in (None, [], {})}
    if not made.get("cpu"):
        made.pop("cpu", None)
    for unordered in ("environment", "secrets"):
        if unordered in made:
            made[unordered] = sorted(made[unordered], key=lambda variable: variable["name"])
    if "portMappings" in made:
        made["portMappings"] = [_canonical_port(mapping) for mapping in made["portMappings"]]
    if check := made.get("healthCheck"):
        made["healthCheck"] = {"interval": 30, "retries": 3, "timeout": 5, **check}
    return {"essential": True, **made}


def _canonical_port(mapping: Members) -> Members:
    port = mapping.get("hostPort") or mapping["containerPort"]
    return {"protocol": "tcp", **mapping, "hostPort": port}


ROWS = (
    Row(
        token="aws:ecs/taskDefinition:TaskDefinition",
        client="ecs",
        source="internal/service/ecs/task_definition.go",
        inputs=fields(
            "containerDefinitions volumes.name ephemeralStorage.sizeInGib skipDestroy tags.*"
        )
        | fields("cpuArchitecture operatingSystemFamily", below="runtimePlatform")
        | (set(PLAIN) - {"runtimePlatform"}),
        outputs=fields("arn arnWithoutRevision revision"),
        replaces=fields("containerDefinitions volumes ephemeralStorage") | {*PLAIN},
        computed=fields("networkMode"),
        write_only=fields("skipDestroy"),
        same={
            "containerDefinitions": _same_containers,
            "requiresCompatibilities": same_set,
            "volumes": same_set,
        },
        create=create,
        read=read,
        update=update,
        delete=delete,
    ),
)

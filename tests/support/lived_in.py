"""Changes of a stack between two `up`s: a release, and another count by hand."""

from typing import Any

from engine_stack import Deployed

READ_ONLY = {
    *("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities"),
    *("registeredAt", "registeredBy", "deregisteredAt"),
}
AN_HOUR = 3600.0


def lived_in(stack: Deployed) -> None:
    """A completed release of the backend, and one more task of each service."""
    release(stack, "backend", image="registry.example/backend:v2.0.0")
    for app in ("backend", "frontend"):
        scale(stack, app, by=1)
    stack.unserved()


def release(stack: Deployed, app: str, *, wait: bool = True, **container: Any) -> str:
    """Deploy the live revision with these changes of its container; returns the new one's ARN."""
    ecs, where = stack.client("ecs"), _where(stack, app)
    running = _service(stack, app)["taskDefinition"]
    described = ecs.describe_task_definition(taskDefinition=running)["taskDefinition"]
    wanted = {key: value for key, value in described.items() if key not in READ_ONLY}
    wanted["containerDefinitions"][0] |= container
    registered = ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(**where, taskDefinition=registered)
    if wait:
        stack.advance(AN_HOUR)
    return str(registered)


def scale(stack: Deployed, app: str, *, by: int) -> None:
    """Change the count by hand, as in the runbook."""
    count = _service(stack, app)["desiredCount"] + by
    stack.client("ecs").update_service(**_where(stack, app), desiredCount=count)


def _where(stack: Deployed, app: str) -> dict[str, str]:
    name = stack.deployment.stack.name
    return {"cluster": f"arbor-{name}-cluster", "service": f"arbor-{name}-{app}"}


def _service(stack: Deployed, app: str) -> dict[str, Any]:
    where = _where(stack, app)
    found = stack.client("ecs").describe_services(
        cluster=where["cluster"], services=[where["service"]]
    )
    service: dict[str, Any] = found["services"][0]
    return service

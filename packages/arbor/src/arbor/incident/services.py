"""How many tasks each service runs, and of what."""

from dataclasses import dataclass
from functools import partial

from arbor.account import APPS, together
from arbor.ecs import images
from arbor.ecs.services import short
from arbor.incident.row import Row
from arbor.incident.shared import Shared
from arbor_names import naming


@dataclass(frozen=True, kw_only=True)
class ServiceNow:
    """As ECS counts it."""

    app: str
    name: str
    there: bool
    """Whether it exists; all else is nothing where it doesn't."""
    desired: int = 0
    running: int = 0
    pending: int = 0
    revision: str = ""
    """Of the task definition that the service names, as `family:revision`."""
    version: str = ""
    """The tag of that revision's image."""


def read(shared: Shared) -> list[ServiceNow]:
    """Both of them."""
    return together(*(partial(_read, shared, app) for app in APPS))


def _read(shared: Shared, app: str) -> ServiceNow:
    name = naming.service(shared.account.stack, app)
    found = shared.services.get().get(app)
    if found is None:
        return ServiceNow(app=app, name=name, there=False)
    return ServiceNow(
        app=app,
        name=name,
        there=True,
        desired=found["desiredCount"],
        running=found["runningCount"],
        pending=found["pendingCount"],
        revision=short(found["taskDefinition"]),
        version=_version(shared, app, found["taskDefinition"]),
    )


def _version(shared: Shared, app: str, arn: str) -> str:
    ecs = shared.account.client("ecs")
    found = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    for container in found["containerDefinitions"]:
        if container["name"] == app:
            image = images.parse(container["image"])
            return image.version if image and image.version else str(container["image"])
    return ""


def rows(found: list[ServiceNow]) -> list[Row]:
    return [_row(service) for service in found]


def _row(service: ServiceNow) -> Row:
    if not service.there:
        return Row("NG", service.app, f"there is no service {service.name}")
    pending = f", {service.pending} pending" if service.pending else ""
    few = service.running < service.desired or service.desired == 0
    return Row(
        "NG" if few else "OK",
        service.app,
        f"{service.running} of {service.desired} running{pending}; "
        f"{service.revision} ({service.version or 'no version'})",
    )

"""The tasks of each service, with revision and version."""

from dataclasses import dataclass
from functools import partial

from arbor.account import together
from arbor.check import Check
from arbor.ecs import images
from arbor.ecs.services import short
from arbor.incident.reads import SharedReads
from arbor_names import naming


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """A service of the stack."""

    app: str
    name: str
    there: bool
    """Whether ECS has it; the other fields are empty otherwise."""
    desired: int = 0
    running: int = 0
    pending: int = 0
    revision: str = ""
    """The service's task definition as `family:revision`."""
    version: str = ""
    """The tag of that revision's image."""


def read(shared: SharedReads) -> list[ServiceState]:
    """One for each service of the stack."""
    shared.with_target_groups.get()  # raises where `apps` can't include a service that is missing
    return together(*(partial(_read, shared, app) for app in shared.apps()))


def _read(shared: SharedReads, app: str) -> ServiceState:
    name = naming.service(shared.account.stack, app)
    found = shared.services.get().get(app)
    if found is None:
        return ServiceState(app=app, name=name, there=False)
    return ServiceState(
        app=app,
        name=name,
        there=True,
        desired=found["desiredCount"],
        running=found["runningCount"],
        pending=found["pendingCount"],
        revision=short(found["taskDefinition"]),
        version=_version(shared, app, found["taskDefinition"]),
    )


def _version(shared: SharedReads, app: str, arn: str) -> str:
    ecs = shared.account.client("ecs")
    found = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    for container in found["containerDefinitions"]:
        if container["name"] == app:
            image = images.parse(container["image"])
            return image.version if image and image.version else str(container["image"])
    return ""


def checks(found: list[ServiceState]) -> list[Check]:
    """One for each service."""
    if not found:
        return [Check(status="NG", name="services", message="the stack has no service")]
    return [_check(service) for service in found]


def _check(service: ServiceState) -> Check:
    if not service.there:
        return Check(status="NG", name=service.app, message=f"there is no service {service.name}")
    pending = f", {service.pending} pending" if service.pending else ""
    few = service.running < service.desired or service.desired == 0
    return Check(
        status="NG" if few else "OK",
        name=service.app,
        message=(
            f"{service.running} of {service.desired} running{pending}; "
            f"{service.revision} ({service.version or 'no version'})"
        ),
    )

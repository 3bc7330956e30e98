"""Lets the account catch up with its clock: deployments, tasks that end by themselves."""

from moto.ecs.models import ecs_backends

from emulator.ecs.state import KEY
from emulator.ecs.task_end import end_tasks


def settle() -> None:
    """Bring every service and every task to where it should be now."""
    for regions in list(ecs_backends.values()):
        for backend in list(regions.values()):
            for service in list(backend.services.values()):
                if service.status == "ACTIVE" and KEY in service.__dict__:
                    service.__dict__[KEY].settle()
            end_tasks(backend)

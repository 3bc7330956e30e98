"""Lets the account catch up with its clock: schedules, deployments, tasks that end."""

from moto.ecs.models import ecs_backends

from pulumi_moto.ecs.state import KEY
from pulumi_moto.ecs.tasks import end_those_whose_time_has_come
from pulumi_moto.scheduled_scaling import run_due


def settle() -> None:
    """Bring every service and every task to where it should be now."""
    run_due()
    for regions in list(ecs_backends.values()):
        for backend in list(regions.values()):
            end_those_whose_time_has_come(backend)
            for service in list(backend.services.values()):
                if service.status != "INACTIVE" and KEY in service.__dict__:
                    service.__dict__[KEY].settle()

"""Brings the account up to its clock: schedules, deployments, ending tasks."""

from moto.ecs.models import ecs_backends

from pulumi_moto.ecs.state import KEY
from pulumi_moto.ecs.tasks import end_due_tasks
from pulumi_moto.scheduled_scaling import run_due


def settle() -> None:
    """Run due schedules, end due tasks and advance each service."""
    run_due()
    for regions in list(ecs_backends.values()):
        for backend in list(regions.values()):
            end_due_tasks(backend)
            for service in list(backend.services.values()):
                if service.status != "INACTIVE" and KEY in service.__dict__:
                    service.__dict__[KEY].settle()

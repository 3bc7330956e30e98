"""Control paths for a process that runs the account's containers and stores.

The account itself only has records. Such a process runs the tasks' commands and reports their exit
codes, and sets the logins of RDS and ElastiCache in a real PostgreSQL and Redis. Without one, a
standalone task ends by itself (pulumi_moto/ecs/tasks.py).
"""

from moto.ecs.models import Task, ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.rds.models import rds_backends

from pulumi_moto.corrections.elasticache_token import TOKENS
from pulumi_moto.corrections.rds_instance import Instance, instances
from pulumi_moto.ecs import tasks
from pulumi_moto.shapes import Params


def attached(body: Params) -> Params:
    """Set whether a process runs the tasks: `{"on": true}`."""
    tasks.MACHINES.attached = bool(body.get("on"))
    return {"on": tasks.MACHINES.attached}


def ended(body: Params) -> Params:
    """Record that the essential container of `task`, an ARN, exited with `code`."""
    found = _task(str(body["task"]))
    if found is None or not tasks.runs(found):
        return {"stopped": False}
    tasks.end(found, int(body["code"]))
    return {"stopped": True}


def logins(_body: Params) -> Params:
    """Return the valid logins: master user and password by instance, tokens by group."""
    databases = {
        one.db_instance_identifier: _login(one)
        for regions in list(rds_backends.values())
        for backend in list(regions.values())
        for one in instances(backend)
    }
    caches = {
        name: list(group.__dict__.get(TOKENS, ()))
        for regions in list(elasticache_backends.values())
        for backend in list(regions.values())
        for name, group in list(backend.replication_groups.items())
    }
    return {"databases": databases, "caches": caches}


def _login(instance: Instance) -> Params:
    instance.settle()  # a new password becomes valid after some seconds
    _, password = instance.passwords[-1]
    return {"user": instance.master_username, "password": password}


def _task(arn: str) -> Task | None:
    for regions in list(ecs_backends.values()):
        for backend in list(regions.values()):
            for held in list(backend.tasks.values()):
                if arn in held:
                    return held[arn]
    return None

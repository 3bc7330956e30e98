"""Workers of the application and the connections that they open, for config and for commands.

Pure functions on plain values, as in arbor_names/limits.py. The numbers are the application's own
(`backend/app/core/database.py` and `redis.py`, `backend/Dockerfile.prod`), and no variable changes
them.
"""

import re
from collections.abc import Sequence
from typing import Final

from arbor_names import limits

COLOURS: Final = 2
"""Blue and green run together during a deployment, so every pool exists twice."""
POOL_SIZE: Final = 30
"""Database connections of one worker: SQLAlchemy's pool_size of 10 and max_overflow of 20."""
CACHE_POOL_SIZE: Final = 20
"""Redis connections of one worker: max_connections of its pool."""
IMAGE_WORKERS: Final = 4
"""Workers that the image starts if the task definition has no `command`."""
POOL_LABEL: Final = "arbor.databasePoolSize"
"""The Docker label with the database connections of one worker of the container.

It is part of the task definition, so revisions that another pipeline derives keep it.
"""
_WORKERS: Final = re.compile(r"(?:^|\s)(?:--workers|-w)(?:\s+|=)(\d+)(?:\s|$)")


def workers_carried(cpu: int) -> int:
    """The most workers for a task of so many CPU units (1024 are one vCPU).

    Gunicorn advises two for each core and one more, rounded down here, so half a vCPU has 2.
    Memory is no limit: a worker uses about 100 MiB, and Fargate's smallest memory of each size has
    200 MiB or more for each worker.
    https://docs.gunicorn.org/en/stable/design.html#how-many-workers
    """
    return 2 * cpu // limits.UNITS_PER_VCPU + 1


def workers_of(command: Sequence[str]) -> int:
    """Workers that a container's `command` starts; without a command, those of the image.

    Gunicorn's own default is one.
    """
    if not command:
        return IMAGE_WORKERS
    found = _WORKERS.search(" ".join(command))
    return int(found[1]) if found else 1


def peak(tasks: int, workers: int, pool: int) -> int:
    """The most connections that a service opens, with so many tasks in each colour."""
    return COLOURS * tasks * workers * pool


def tasks_allowed(connections: int, workers: int, pool: int) -> int:
    """The most tasks whose two colours fit into so many connections."""
    return connections // peak(1, workers, pool)

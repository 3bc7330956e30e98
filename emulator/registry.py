"""Every row, by type token. The one place a new service file is added."""

from emulator.row import Row
from emulator.services import (
    appautoscaling,
    cloudwatch,
    ecr,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    logs,
)

ROWS: dict[str, Row] = {
    row.token: row
    for row in (
        *appautoscaling.ROWS,
        *cloudwatch.ROWS,
        *ecr.ROWS,
        *ecs_cluster.ROWS,
        *ecs_service.ROWS,
        *ecs_task_definition.ROWS,
        *logs.ROWS,
    )
}


def row_for(token: str) -> Row:
    """The row of a type token such as `aws:rds/instance:Instance`.

    Raises NotImplementedError, saying where to add it, for a type that has no row.
    """
    try:
        return ROWS[token]
    except KeyError:
        raise NotImplementedError(
            f"{token} is not emulated; add a row in emulator/services/"
        ) from None

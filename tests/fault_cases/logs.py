"""The commands of the logs section that write, for the fault drill."""

import json
import time

from fault_wire import Wire
from faults import Case

GROUP, STREAM = "/ecs/arbor-production/backend", "backend/backend/1"


def log(wire: Wire) -> None:
    """Write events to export."""
    logs = wire.client("logs")
    logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps({"level": "INFO"})}
    logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=[event])


def exported(wire: Wire) -> object:
    """Number, source, destination and status of the exports."""
    tasks = wire.client("logs").describe_export_tasks()["exportTasks"]
    return [
        (task["logGroupName"], task["destinationPrefix"], task["status"]["code"]) for task in tasks
    ]


CASES = (Case(words=("logs", "export", "backend"), prepare=log, state=exported),)

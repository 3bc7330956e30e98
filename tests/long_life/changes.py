"""Changes of config that a stack which is up allows at any time, and how one is made."""

import copy
from collections.abc import Mapping
from typing import Any

from emulator.engine import stack_config

Values = Mapping[str, Any]
"""New values by path: `logRetentionDays`, or `services.backend.max`."""

CHANGES: dict[str, tuple[Any, ...]] = {
    "wafRequestsPerFiveMinutes": (2000, 1700, 2500),
    "logRetentionDays": (90, 30, 180),
    "cpuTargetPercent": (70, 50),
    "bakeTimeMinutes": (15, 10),
    "spotWeight": (0, 1),
    "services.backend.max": (10, 12),
    "services.backend.cpu": (512, 1024),
    "services.backend.healthCheckPath": ("/api/v1/health", "/api/v1/health/detailed"),
    "services.backend.paths": (
        ["/api/*", "/docs", "/redoc", "/openapi.json"],
        ["/api/*", "/docs"],
    ),
    "services.frontend.memory": (512, 1024),
    "cacheNodeType": ("cache.t3.micro", "cache.t3.small"),
    "databaseBackupDays": (7, 14),
}
"""Values by path; each may follow each."""
WITH = {
    ("services.backend.cpu", 512): {"services.backend.memory": 1024},
    ("services.backend.cpu", 1024): {"services.backend.memory": 2048},
}
"""What must change together."""


def changed(stack: str, config: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Keys of the stack's file (`arbor:...`) with the new values in them, on top of `config`."""
    found: dict[str, Any] = {}
    given = dict(values)
    for path, value in values.items():
        if not isinstance(value, list):
            given |= WITH.get((path, value), {})
    for path, value in given.items():
        key, *fields = path.split(".")
        name = f"arbor:{key}"
        if not fields:
            found[name] = value
            continue
        if name not in found:
            held = config.get(name) or stack_config(stack)[name]
            found[name] = copy.deepcopy(held)
        holder = found[name]
        for step in fields[:-1]:
            holder = holder[step]
        holder[fields[-1]] = value
    return found

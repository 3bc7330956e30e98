"""Changes of config that a live stack allows at any time, and how one is made."""

import copy
from collections.abc import Mapping
from typing import Any

from config_changes import PROJECT, REPORTS, WORKS
from engine.stack_file import stack_config

Values = Mapping[str, Any]
"""New values by path: `logRetentionDays`, or `services.backend.max`."""

NUMBERS = next(case for case in WORKS if case.name == "numbers").config
"""Cases of the table that tries each key alone."""
ELSEWHERE = {"natPerZone", "fargateVcpuQuota", "githubRepository", "deployWithoutReviewers"}
"""Keys that depend on others in this table, or on the stack."""


def _of(key: str) -> Any:
    """The values of production."""
    return stack_config("production").get(f"arbor:{key}", PROJECT[f"arbor:{key}"].get("default"))


THIRD = {key: value for key, value in REPORTS.items() if key not in {"count", "min"}}
THIRD |= {"version": "v1.0.0", "max": 3}
"""An additional service, with a task in each zone."""
CHANGES: dict[str, tuple[Any, ...]] = {
    **{key: (_of(key), value) for key, value in NUMBERS.items() if key not in ELSEWHERE},
    "bakeTimeMinutes": (15, 10),
    "services.frontend.max": (6, 7),
    "services.backend.cpu": (512, 1024),
    "services.backend.healthCheckPath": ("/api/v1/health", "/api/v1/health/live"),
    "services.backend.paths": (["/api/*"], ["/api/*", "/metrics"]),
    "services.frontend.memory": (512, 1024),
    "cacheNodeType": ("cache.t3.micro", "cache.t3.small"),
    "databaseBackupDays": (7, 14),
    "services.reports": (None, THIRD),
}
"""Values by path, in any order."""
REFUSED = (
    {"spotWeight": 1},
    {"databaseMultiAz": False},
    {"services.backend.min": 11},
    {"services.frontend.cpu": 300},
    {"wafRequestsPerFiveMinutes": 1},
)
"""Values that production's settings refuse."""
WITH = {
    ("services.backend.cpu", 512): {"services.backend.memory": 1024},
    ("services.backend.cpu", 1024): {"services.backend.memory": 2048, "fargateVcpuQuota": 40},
}
"""Values that must change together."""


def changed(stack: str, config: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Keys of the stack's file (`arbor:...`) with the new values, on top of `config`."""
    found: dict[str, Any] = {}
    given = dict(values)
    for path, value in values.items():
        if not isinstance(value, list | dict):
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
        if value is None:
            holder.pop(fields[-1], None)
        else:
            holder[fields[-1]] = value
    return found

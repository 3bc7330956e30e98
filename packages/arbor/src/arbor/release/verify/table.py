"""Every check, in the order of the output; a new one is a function and a row."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Final

from arbor.account import together
from arbor.check import Check
from arbor.release.verify import capacity, registry, state, tasks, traffic
from arbor.release.verify.snapshot import Found, Skipped, Snapshot

CHECKS: Final[Mapping[str, Callable[[Snapshot], Found]]] = {
    "services": state.created,
    "in progress": state.nothing_in_progress,
    "images": tasks.in_ecr,
    "platforms": registry.platforms,
    "kept images": registry.kept,
    "roles": tasks.roles,
    "secrets": tasks.secrets,
    "log groups": tasks.logs,
    "target groups": traffic.target_groups,
    "rules": traffic.rules,
    "live targets": traffic.live_targets,
    "subnets": capacity.subnets,
    "security groups": capacity.security_groups,
    "quotas": capacity.quotas,
    "connections": capacity.database_connections,
    "alarms": state.alarms,
}
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def checks(snapshot: Snapshot) -> list[Check]:
    """All checks, made in parallel."""
    found = together(*(partial(_lines, name, one, snapshot) for name, one in CHECKS.items()))
    return list(chain.from_iterable(found))


def _lines(name: str, one: Callable[[Snapshot], Found], snapshot: Snapshot) -> list[Check]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

    try:
        found = one(snapshot)
    except Skipped as skipped:
        return [Check(name=name, status="SKIP", message=f"{skipped}.")]
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        return [Check(name=name, status="SKIP", message=f"permission denied: {error}")]
    if found.wrong:
        return [Check(name=name, status="NG", message=sentence) for sentence in found.wrong]
    return [Check(name=name, status="OK", message=f"{found.right}.")]

"""Settings of the services (arbor:services), and checks across them."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from arbor_names import limits, naming, pools
from config.reader import Reader

BACKEND: Final = "backend"
"""The required service, whose image also runs the migrations."""
MOST_WORKERS: Final = 64
LAST_RELEASE_ORDER: Final = 1000
LONGEST_APP: Final = 16
"""A target group is called APP-green-SUFFIX, and AWS allows 32 characters."""
_APP: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_DEEP_CHECKS: Final = frozenset({"detailed", "deep", "ready", "readyz", "readiness"})
"""Last segments of health checks that include the database and the cache."""
_API_PAGES: Final = ("/docs", "/redoc", "/openapi.json")
"""FastAPI's documentation pages, which the application disables in production."""
_USER: Final = re.compile(r"[1-9]\d{0,9}(?::\d{1,10})?")
_ALLOWED_APP: Final = (
    f"names of at most {LONGEST_APP} characters (a-z, 0-9, -), not {naming.MIGRATIONS}; "
    f"{BACKEND} must be among them, and there are at most {limits.SERVICES_PER_LOAD_BALANCER}"
)


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """One ECS service behind the load balancer."""

    app: str
    image: str | None
    """A full reference, instead of `version`."""
    version: str | None
    """Tag in the stack's repository for the first deployment; releases change it later."""
    cpu: int
    """CPU units; 1024 are one vCPU."""
    memory: int
    """MiB."""
    count: int
    """Initial desired count; autoscaling and operators own it afterwards."""
    min_count: int
    max_count: int
    port: int
    previous_port: int | None
    """Port of the running version while `port` is the next version's."""
    health_check_path: str
    paths: tuple[str, ...]
    """Path patterns of the listener rules; empty matches all other paths."""
    priority: int
    """Lower is evaluated first."""
    release_order: int | None
    """A release deploys lower numbers first; services without one follow in name order."""
    database: bool
    cache: bool
    user: str
    """Numeric user, with an optional group, of the container."""
    workers: int | None
    """Processes of a task, each with its connection pools; None for a Next.js server."""


PRODUCTION_MIN: Final = 2
"""With one task, the loss of a zone or a host stops the service."""


def read_services(config: Reader, *, zones: int, production: bool) -> dict[str, ServiceSettings]:
    """The services by name; problems are recorded in the reader.

    `min` and `count` default to one task per zone.
    """
    found = config.entries("services", f"an object of services by name: {_ALLOWED_APP}")
    if not config.good("services"):
        return {}
    wrong = [app for app in found if not _is_app(app)]
    if wrong or BACKEND not in found or len(found) > limits.SERVICES_PER_LOAD_BALANCER:
        names = ", ".join(found) or "empty"
        config.problems.append(f"arbor:services is {names}; allowed: {_ALLOWED_APP}.")
    before = len(config.problems)
    services = {
        app: _read(app, entry, config.problems, zones=zones, production=production)
        for app, entry in found.items()
    }
    if len(config.problems) == before:
        config.problems.extend(_between(services.values()))
    return services


def _is_app(app: str) -> bool:
    return len(app) <= LONGEST_APP and _APP.fullmatch(app) is not None and app != naming.MIGRATIONS


def _read(
    app: str, entry: Mapping[str, Any], problems: list[str], *, zones: int, production: bool
) -> ServiceSettings:
    config = Reader(entry, f"arbor:services.{app}.", problems)
    fewest = PRODUCTION_MIN if production else 1
    image, version = _read_image(config)
    cpu, memory = _read_size(config)
    low = config.whole("min", fewest, 1000, _tasks(fewest), default=zones)
    high = config.whole("max", 1, 1000, "tasks")
    count = config.whole("count", 1, 1000, "tasks", default=max(low, zones))
    if config.good("min", "max") and low > high:
        config.refuse("min", f"at most max, which is {high}")
    elif config.good("min", "max", "count") and not low <= count <= high:
        config.refuse("count", f"min to max, which are {low} to {high}")
    database = config.flag("database", default=False)
    cache = config.flag("cache", default=False)
    port = config.whole("port", 1, 65535)
    previous = config.whole("previousPort", 1, 65535) if config.has("previousPort") else None
    if config.good("port", "previousPort") and previous == port:
        config.refuse("previousPort", "the running version's port, which differs from port")
    service = ServiceSettings(
        app=app,
        image=image,
        version=version,
        cpu=cpu,
        memory=memory,
        count=count,
        min_count=low,
        max_count=high,
        port=port,
        previous_port=previous,
        health_check_path=_read_health_check(config),
        paths=_read_paths(config, pages=not (production and app == BACKEND)),
        priority=config.whole("priority", 1, 9999),
        release_order=config.whole("releaseOrder", 1, LAST_RELEASE_ORDER)
        if config.has("releaseOrder")
        else None,
        database=database,
        cache=cache,
        user=config.text(
            "user",
            "a numeric user other than root, such as 1000, or with its group 1000:1000",
            lambda user: _USER.fullmatch(user) is not None,
        ),
        workers=_read_workers(config, cpu, is_backend=database or cache),
    )
    config.refuse_unread()
    return service


def _tasks(fewest: int) -> str:
    return "tasks, to survive the loss of a task or a zone" if fewest > 1 else "tasks"


def _read_image(config: Reader) -> tuple[str | None, str | None]:
    """Either a full image reference or a version in the stack's repository."""
    given = [key for key in ("image", "version") if config.has(key)]
    if len(given) != 1:
        config.refuse("version", "either a version such as v1.0.0 or a full image")
        return None, None
    if given == ["version"]:
        return None, config.text(
            "version",
            "an image tag such as v1.0.0, not latest, or a digest",
            limits.is_version,
        )
    return config.text(
        "image",
        "an image by a tag other than latest or by digest, such as "
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/backend:v1.0.0",
        limits.is_fixed_image,
    ), None


def _read_size(config: Reader) -> tuple[int, int]:
    cpu = config.whole("cpu", min(limits.FARGATE_MEMORY), max(limits.FARGATE_MEMORY), "CPU units")
    largest = max(limits.FARGATE_MEMORY[max(limits.FARGATE_MEMORY)])
    memory = config.whole("memory", 512, largest, "MiB")
    if config.good("cpu") and cpu not in limits.FARGATE_MEMORY:
        config.refuse("cpu", ", ".join(map(str, limits.FARGATE_MEMORY)))
    elif config.good("cpu", "memory") and memory not in limits.FARGATE_MEMORY[cpu]:
        offered = ", ".join(map(str, limits.FARGATE_MEMORY[cpu]))
        config.refuse("memory", f"with {cpu} CPU units Fargate offers {offered} MiB")
    return cpu, memory


def _read_workers(config: Reader, cpu: int, *, is_backend: bool) -> int | None:
    """At most the workers that the CPU units allow; a Next.js server has none."""
    if not is_backend:
        if config.has("workers"):
            config.refuse("workers", "no value for a service without database and cache")
        return None
    workers = config.whole("workers", 1, MOST_WORKERS, "processes in a task")
    if config.good("cpu", "workers") and workers > (most := pools.workers_carried(cpu)):
        config.refuse(
            "workers",
            f"at most {most} with {cpu} CPU units, two for each vCPU and one more; "
            "more would compete for CPU",
        )
    return workers


def _read_health_check(config: Reader) -> str:
    """The path of the target groups' health check.

    A check that depends on the database fails on every task at once, so that a failover of 60 to
    120 seconds replaces healthy tasks and rolls a deployment back.
    """
    path = config.text(
        "healthCheckPath",
        "a path that starts with / and has no wildcard",
        lambda path: limits.is_path_pattern(path) and not set("*?") & set(path),
    )
    if path.rstrip("/").rsplit("/", 1)[-1] in _DEEP_CHECKS:
        config.refuse(
            "healthCheckPath",
            "a path without a check of database and cache, such as /api/v1/health; otherwise a "
            "failover of either fails every task",
        )
    return path


def _read_paths(config: Reader, *, pages: bool) -> tuple[str, ...]:
    """Path patterns; `pages` allows the API's documentation pages."""
    most = limits.CONDITION_VALUES_PER_RULE - 1
    allowed = (
        f"at most {most} paths that each start with / (a listener rule has at most 5 values, "
        "one of them the host), or [] for every other path"
    )
    paths = config.texts("paths", allowed, limits.is_path_pattern)
    if len(paths) > most:
        config.refuse("paths", allowed)
    elif not pages and any(path.startswith(_API_PAGES) for path in paths):
        config.refuse(
            "paths",
            f"paths without {', '.join(_API_PAGES)}, for which the application returns 404 in "
            "production; remove them",
        )
    return paths


def _between(services: Collection[ServiceSettings]) -> Iterator[str]:
    """Priorities and paths are unique, and the service for all other paths comes last."""
    by_priority: dict[int, str] = {}
    by_path: dict[str, str] = {}
    for service in services:
        key = f"arbor:services.{service.app}"
        other = by_priority.setdefault(service.priority, service.app)
        if other != service.app:
            yield (
                f"{key}.priority is {service.priority}; allowed: a unique number; "
                f"{other} has the same."
            )
        for path in service.paths:
            if by_path.setdefault(path, service.app) != service.app:
                yield (
                    f'{key}.paths has "{path}"; allowed: unique paths; '
                    f"{by_path[path]} has the same."
                )
    rest = [s for s in services if not s.paths]
    if not rest:
        return
    first = rest[0]
    for service in rest[1:]:
        yield (
            f"arbor:services.{service.app}.paths is []; allowed: at least one path, because "
            f"{first.app} has all other paths."
        )
    last = max(s.priority for s in services)
    if first.priority < last:
        yield (
            f"arbor:services.{first.app}.priority is {first.priority}; allowed: more than "
            f"{last}, because its rule for all other paths must come last."
        )

"""What config says about the services (arbor:services), and what must hold between them."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from arbor_names import limits, naming, pools
from config.reader import Reader

BACKEND: Final = "backend"
"""The service whose image the migrations run with, so every stack has it."""
MOST_WORKERS: Final = 64
LAST_RELEASE_ORDER: Final = 1000
LONGEST_APP: Final = 16
"""A target group is called APP-green-SUFFIX, and AWS allows 32 characters."""
_APP: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_DEEP_CHECKS: Final = frozenset({"detailed", "deep", "ready", "readyz", "readiness"})
"""Ends of paths that also answer for the stores behind the application."""
_API_PAGES: Final = ("/docs", "/redoc", "/openapi.json")
"""FastAPI's pages about the API, which the application leaves out in production."""
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
    """A full reference, where the stack's own repository is not used."""
    version: str | None
    """Tag in the stack's own repository; the first one, for a release changes it later."""
    cpu: int
    """CPU units; 1024 are one vCPU."""
    memory: int
    """MiB."""
    count: int
    """Tasks at the start; autoscaling and operators own the number from then on."""
    min_count: int
    max_count: int
    port: int
    previous_port: int | None
    """Where the live version listens, while `port` is the one of the next."""
    health_check_path: str
    paths: tuple[str, ...]
    """Path patterns of the listener rules; none means every path that no other service has."""
    priority: int
    """Lower is asked first."""
    release_order: int | None
    """A release deploys lower numbers first; services without one follow in name order."""
    database: bool
    cache: bool
    user: str
    """Numeric user, and group if given, that the container runs as."""
    workers: int | None
    """Processes in a task that each open pools of connections; None for a Next.js server."""


PRODUCTION_MIN: Final = 2
"""With one task a zone, a host or a deployment that fails takes the service down."""


def read_services(config: Reader, *, zones: int, production: bool) -> dict[str, ServiceSettings]:
    """Every service by name; what is wrong stands in the reader's problems.

    `min` and `count` default to one task a zone.
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
        config.refuse("previousPort", "the live version's port, where that differs from port")
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
    return "tasks, for production outlives a task and a zone" if fewest > 1 else "tasks"


def _read_image(config: Reader) -> tuple[str | None, str | None]:
    """A full image, or a version in the stack's own repository: exactly one of the two."""
    given = [key for key in ("image", "version") if config.has(key)]
    if len(given) != 1:
        config.refuse("version", "either a version such as v1.0.0 or a full image, and not both")
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
    """As many as the size carries; without a store it is a Next.js server, which has none."""
    if not is_backend:
        if config.has("workers"):
            config.refuse(
                "workers", "no value, for a service without database and cache has no workers"
            )
        return None
    workers = config.whole("workers", 1, MOST_WORKERS, "processes in a task")
    if config.good("cpu", "workers") and workers > (most := pools.workers_carried(cpu)):
        config.refuse(
            "workers",
            f"at most {most} with {cpu} CPU units, two for each vCPU and one more: with more, "
            "they take the processor from each other",
        )
    return workers


def _read_health_check(config: Reader) -> str:
    """What the load balancer asks each task.

    An answer that depends on the database fails on every task at once, so that a failover of 60 to
    120 seconds stops tasks that would have recovered by themselves, and rolls a deployment back.
    """
    path = config.text(
        "healthCheckPath",
        "a path that starts with / and has no wildcard",
        lambda path: limits.is_path_pattern(path) and not set("*?") & set(path),
    )
    if path.rstrip("/").rsplit("/", 1)[-1] in _DEEP_CHECKS:
        config.refuse(
            "healthCheckPath",
            "a path that does not look at the database or the cache, such as /api/v1/health: a "
            "failover of either would take every task out of service",
        )
    return path


def _read_paths(config: Reader, *, pages: bool) -> tuple[str, ...]:
    """Path patterns; with `pages`, also of the pages about the API."""
    most = limits.CONDITION_VALUES_PER_RULE - 1
    allowed = (
        f"at most {most} paths that each start with / (a listener rule names 5 values at most, "
        "one of them the host), or [] for every other path"
    )
    paths = config.texts("paths", allowed, limits.is_path_pattern)
    if len(paths) > most:
        config.refuse("paths", allowed)
    elif not pages and any(path.startswith(_API_PAGES) for path in paths):
        config.refuse(
            "paths",
            f"paths without {', '.join(_API_PAGES)}, to which the application answers 404 in "
            "production; take them out, and the frontend answers",
        )
    return paths


def _between(services: Collection[ServiceSettings]) -> Iterator[str]:
    """Two services can't have one rule's place, and the one for all other paths comes last."""
    by_priority: dict[int, str] = {}
    by_path: dict[str, str] = {}
    for service in services:
        key = f"arbor:services.{service.app}"
        other = by_priority.setdefault(service.priority, service.app)
        if other != service.app:
            yield (
                f"{key}.priority is {service.priority}; allowed: one that no other service has, "
                f"and {other} has this one."
            )
        for path in service.paths:
            if by_path.setdefault(path, service.app) != service.app:
                yield (
                    f'{key}.paths has "{path}"; allowed: paths that no other service has, and '
                    f"{by_path[path]} has this one."
                )
    rest = [s for s in services if not s.paths]
    if not rest:
        return
    first = rest[0]
    for service in rest[1:]:
        yield (
            f"arbor:services.{service.app}.paths is []; allowed: paths, for {first.app} has "
            "every other one already."
        )
    last = max(s.priority for s in services)
    if first.priority < last:
        yield (
            f"arbor:services.{first.app}.priority is {first.priority}; allowed: more than "
            f"{last}, for it has every other path and must be asked last."
        )

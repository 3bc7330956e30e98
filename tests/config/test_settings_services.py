"""Requirements of the services, with the message that the author of a config reads."""

import copy
import json
from typing import Any

import pytest

from config import settings
from config_changes import SERVICE_FIELDS
from refusals import APP_NAMES, problems
from stack_config import stack_values

SERVICES: dict[str, dict[str, Any]] = {
    "backend": {
        "version": "v1.0.0",
        "cpu": 512,
        "memory": 1024,
        "count": 2,
        "min": 2,
        "max": 6,
        "port": 8000,
        "healthCheckPath": "/api/v1/health",
        "paths": ["/api/*"],
        "priority": 100,
        "database": True,
        "cache": True,
        "user": "1000",
        "workers": 1,
    },
    "frontend": {
        "version": "v1.0.0",
        "cpu": 256,
        "memory": 512,
        "count": 2,
        "min": 2,
        "max": 6,
        "port": 3000,
        "healthCheckPath": "/",
        "paths": [],
        "priority": 200,
        "user": "1001",
    },
}
PATHS = (
    "at most 4 paths that each start with / (a listener rule has at most 5 values, one of them "
    "the host), or [] for every other path"
)
FIELDS = ", ".join(sorted(SERVICE_FIELDS))


def services(app: str, **changes: Any) -> dict[str, dict[str, Any]]:
    """The services with these fields of one of them changed; None removes a field."""
    changed = copy.deepcopy(SERVICES)
    entry = changed.setdefault(app, copy.deepcopy(SERVICES["frontend"])) | changes
    changed[app] = {key: value for key, value in entry.items() if value is not None}
    return changed


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"cpu": 300}, "cpu is 300; allowed: 256, 512, 1024, 2048, 4096, 8192, 16384, 32768"),
        (
            {"memory": 8192},
            (
                "memory is 8192; allowed: with 512 CPU units Fargate offers 1024, "
                "2048, 3072, 4096 MiB"
            ),
        ),
        ({"min": 7}, "min is 7; allowed: at most max, which is 6"),
        ({"count": 1}, "count is 1; allowed: min to max, which are 2 to 6"),
        ({"count": 7}, "count is 7; allowed: min to max, which are 2 to 6"),
        (
            {"min": 1},
            (
                "min is 1; allowed: a whole number from 2 to 1,000 tasks, to survive the loss of "
                "a task or a zone"
            ),
        ),
        (
            {"min": None, "count": None, "max": 2},
            "min is not set; allowed: at most max, which is 2",
        ),
        (
            {"healthCheckPath": "/api/v1/health/detailed"},
            (
                'healthCheckPath is "/api/v1/health/detailed"; allowed: a path without a check '
                "of database and cache, such as /api/v1/health; otherwise a failover of either "
                "fails every task"
            ),
        ),
        ({"port": 0}, "port is 0; allowed: a whole number from 1 to 65,535"),
        (
            {"healthCheckPath": "health"},
            ('healthCheckPath is "health"; allowed: a path that starts with / and has no wildcard'),
        ),
        (
            {"healthCheckPath": "/*"},
            ('healthCheckPath is "/*"; allowed: a path that starts with / and has no wildcard'),
        ),
        ({"paths": ["api/*"]}, f'paths is ["api/*"]; allowed: {PATHS}'),
        (
            {"paths": ["/a", "/b", "/c", "/d", "/e"]},
            (f'paths is ["/a", "/b", "/c", "/d", "/e"]; allowed: {PATHS}'),
        ),
        (
            {"paths": ["/api/*", "/docs/*"]},
            (
                'paths is ["/api/*", "/docs/*"]; allowed: paths without /docs, /redoc, '
                "/openapi.json, for which the application returns 404 in production; "
                "remove them"
            ),
        ),
        ({"paths": None}, f"paths is not set; allowed: {PATHS}"),
        ({"priority": 10000}, "priority is 10000; allowed: a whole number from 1 to 9,999"),
        (
            {"user": 0},
            (
                "user is 0; allowed: a numeric user other than root, such as 1000, or "
                "with its group 1000:1000"
            ),
        ),
        (
            {"user": "root"},
            (
                'user is "root"; allowed: a numeric user other than root, such as '
                "1000, or with its group 1000:1000"
            ),
        ),
        (
            {"workers": None},
            ("workers is not set; allowed: a whole number from 1 to 64 processes in a task"),
        ),
        (
            {"workers": 3},
            (
                "workers is 3; allowed: at most 2 with 512 CPU units, two for each vCPU and one "
                "more; more would compete for CPU"
            ),
        ),
        (
            {"workers": 65},
            "workers is 65; allowed: a whole number from 1 to 64 processes in a task",
        ),
        ({"database": "yes"}, 'database is "yes"; allowed: true or false'),
        (
            {"version": "latest"},
            ('version is "latest"; allowed: an image tag such as v1.0.0, not latest, or a digest'),
        ),
        (
            {"version": None},
            ("version is not set; allowed: either a version such as v1.0.0 or a full image"),
        ),
        (
            {"image": "a/b:v1"},
            ('version is "v1.0.0"; allowed: either a version such as v1.0.0 or a full image'),
        ),
        (
            {"version": None, "image": "a/b:latest"},
            (
                'image is "a/b:latest"; allowed: an image by a '
                "tag other than latest or by digest, such as "
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/backend:v1.0.0"
            ),
        ),
        (
            {"previousPort": 8000},
            "previousPort is 8000; allowed: the running version's port, which differs from port",
        ),
        ({"releaseOrder": 0}, "releaseOrder is 0; allowed: a whole number from 1 to 1,000"),
        ({"heathCheckPath": "/"}, "heathCheckPath is not a setting; allowed: healthCheckPath"),
        ({"xyz": 1}, f"xyz is not a setting; allowed: {FIELDS}"),
    ],
)
def test_a_wrong_field_of_a_service_is_refused_with_its_path(
    changes: dict[str, Any], problem: str
) -> None:
    changed = services("backend", **changes)
    assert problems("production", services=changed) == (f"arbor:services.backend.{problem}.",)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            services("frontend", priority=100),
            (
                "arbor:services.frontend.priority is 100; allowed: "
                "a unique number; backend has the same."
            ),
        ),
        (
            services("frontend", priority=50),
            (
                "arbor:services.frontend.priority is 50; allowed: "
                "more than 100, because its rule for all other paths must come last."
            ),
        ),
        (
            services("admin", priority=150),
            (
                "arbor:services.admin.paths is []; allowed: at least one "
                "path, because frontend has all other paths."
            ),
        ),
        (
            services("admin", paths=["/api/*"], priority=150),
            (
                "arbor:services.admin.paths has "
                '"/api/*"; allowed: unique paths; backend has the same.'
            ),
        ),
        (
            services("migrations", paths=["/m"], priority=150),
            (f"arbor:services is backend, frontend, migrations; allowed: {APP_NAMES}."),
        ),
        (
            services("a-very-long-name-x", paths=["/m"], priority=150),
            (f"arbor:services is backend, frontend, a-very-long-name-x; allowed: {APP_NAMES}."),
        ),
        ({"frontend": SERVICES["frontend"]}, f"arbor:services is frontend; allowed: {APP_NAMES}."),
    ],
)
def test_conflicting_services_are_refused(changed: dict[str, Any], problem: str) -> None:
    assert problems("production", services=changed) == (problem,)


def test_a_service_without_a_store_has_no_workers() -> None:
    assert problems("production", services=services("frontend", workers=1)) == (
        (
            "arbor:services.frontend.workers is 1; allowed: no value for a service without "
            "database and cache."
        ),
    )


def test_a_service_with_the_cache_alone_has_workers_too() -> None:
    assert problems("production", services=services("frontend", cache=True)) == (
        (
            "arbor:services.frontend.workers is not set; allowed: a whole number from 1 to 64 "
            "processes in a task."
        ),
    )


@pytest.mark.parametrize("zones", [2, 3])
def test_a_service_has_one_task_per_zone_by_default(zones: int) -> None:
    changed = services("backend", min=None, count=None)
    layout = {
        tier: json.loads(stack_values("production")[f"arbor:{tier}"])[:zones]
        for tier in ("zones", "publicCidrs", "privateCidrs", "isolatedCidrs")
    }
    found = settings.parse(stack_values("production", services=changed, **layout), "production")

    backend, frontend = found.services["backend"], found.services["frontend"]
    assert (backend.min_count, backend.count) == (zones, zones)
    assert (frontend.min_count, frontend.count) == (2, 2)
    assert found.cache.nodes == zones


def test_a_floor_above_the_zones_is_also_the_count() -> None:
    changed = services("backend", min=5, count=None)
    found = settings.parse(stack_values("production", services=changed), "production")
    assert found.services["backend"].count == 5


def test_staging_may_run_one_task_but_not_zero() -> None:
    one = services("backend", min=1, count=1, max=2)
    assert settings.parse(stack_values("staging", services=one, fargateVcpuQuota=8), "staging")
    assert problems("staging", services=services("backend", min=0, max=2)) == (
        "arbor:services.backend.min is 0; allowed: a whole number from 1 to 1,000 tasks.",
    )


def test_a_load_balancer_supports_fifty_services() -> None:
    more = {
        f"service-{n}": SERVICES["frontend"] | {"paths": [f"/{n}"], "priority": n}
        for n in range(1, 50)
    }
    settings.parse(
        stack_values(
            "production",
            services={"backend": SERVICES["backend"], **more},
            fargateVcpuQuota=200,
            githubRepository="",  # a release in a job has five hours for all services
        ),
        "production",
    )
    refused = problems("production", services=SERVICES | more)
    assert refused[0].endswith(f"allowed: {APP_NAMES}.")

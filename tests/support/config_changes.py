"""Every key of the config and every field of a service, with possible new values.

A case is one of two kinds. Either `up` makes the change without an outage, and a second one changes
nothing; or the pipeline refuses it before any change and names a procedure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.stack_file import PROJECT_DIR

STAGING: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "Pulumi.staging.yaml").read_text())[
    "config"
]
PROJECT: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "Pulumi.yaml").read_text())["config"]
SERVICES: dict[str, Any] = STAGING["arbor:services"]
CONFIG_CHANGE = "config change"
"""The property of a test's report with the name of its case."""
REPORTS = {**SERVICES["frontend"], "paths": ["/reports/*"], "port": 4000, "priority": 150}
"""A third service, as an engineer would add it."""
SERVICE_FIELDS = (
    *("cache", "count", "cpu", "database", "healthCheckPath", "image", "max", "memory", "min"),
    *("paths", "port", "previousPort", "priority", "releaseOrder", "user", "version", "workers"),
)
"""Fields of an entry of `arbor:services`; the list is in test_settings_services.py."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """New values on a live staging."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    """By key without its namespace."""
    services: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """New fields by service; a whole entry for a new service, None to remove one."""
    refused: str = ""
    """The procedure that the refusal names; empty if `up` makes the change."""
    back: tuple[str, ...] = ()
    """The procedures of the reverse change; empty if `up` makes it as well."""

    def values(self) -> dict[str, Any]:
        """The whole config of this case, by full key."""
        changed = {f"arbor:{key}": value for key, value in self.config.items()}
        if not self.services:
            return changed
        services = {**SERVICES}
        for app, fields in self.services.items():
            if fields is None:
                del services[app]
            else:
                merged = {**services.get(app, {}), **fields}
                services[app] = {key: value for key, value in merged.items() if value is not None}
        return {**changed, "arbor:services": services}

    def covers(self) -> set[str]:
        """The changed keys and fields of a service."""
        fields = {f"services.{key}" for entry in self.services.values() for key in entry or {}}
        return {*self.config, *fields}


def _one_more(tier: str, block: str) -> list[str]:
    return [*PROJECT[f"arbor:{tier}"]["default"], block]


ZONES: list[str] = PROJECT["arbor:zones"]["default"]

WORKS = (
    Case(
        name="numbers",
        config={
            "logRetentionDays": 30,
            "logExportDays": 30,
            "accessLogDays": 30,
            "wafRequestsPerFiveMinutes": 1000,
            "wafApiRequestsPerMinute": 40,
            "wafApiRequestsPerTenMinutes": 120,
            "wafLargeBodyPaths": ["/api/v1/ingest/", "/api/v1/import/"],
            "officeCidrs": ["203.0.113.9/32"],
            "imagesKept": 20,
            "cpuTargetPercent": 50,
            "memoryTargetPercent": 60,
            "requestsPerTarget": 500,
            "fargateVcpuQuota": 12,
            "pauseTimeoutMinutes": 30,
            "githubRepository": "arbor-energy/elsewhere",
            "githubOwnerId": "123",
            "githubRepositoryId": "456",
            "deployWithoutReviewers": True,
            "applicationRepository": "arbor-energy/application",
            "olderRoles": ["backend-roles-task-role-1a2b3c4"],
            "interfaceEndpoints": ["logs"],
            "natPerZone": True,
        },
    ),
    Case(
        name="a service's size, limits and paths",
        config={"bakeTimeMinutes": 1, "fargateVcpuQuota": 8, "databasePoolSize": 10},
        services={
            "backend": {
                "cpu": 1024,
                "memory": 2048,
                "min": 2,
                "max": 3,
                "count": 3,
                "healthCheckPath": "/api/v1/health/live",
                "paths": ["/api/*", "/docs"],
                "priority": 90,
                "releaseOrder": 1,
                "version": "v1.1.0",
                "workers": 2,
                "user": "1002",
            },
            "frontend": {"image": "registry.example/frontend:v3", "version": None},
        },
    ),
    Case(
        name="Spot and a service more",
        config={"spotWeight": 2, "fargateVcpuQuota": 7},
        services={"reports": REPORTS},
    ),
    Case(
        name="numbers of the stores",
        config={
            "databaseClass": "db.t3.medium",
            "databaseMaxStorageGib": 60,
            "databaseMultiAz": True,
            "databaseBackupDays": 7,
            "databaseBackupWindow": "02:00-03:00",
            "databaseMaintenanceWindow": "mon:05:00-mon:06:00",
            "cacheNodeType": "cache.t3.small",
            "cacheNodes": 3,
            "cacheSnapshotDays": 7,
            "cacheSnapshotWindow": "01:00-02:00",
            "cacheMaintenanceWindow": "mon:06:00-mon:07:00",
            "secretRecoveryDays": 7,
            "protectData": True,
            "finalBackup": True,
        },
    ),
    Case(name="a provider of the stack's own", config={"githubOidcProviderArn": ""}),
    Case(
        name="no backups and no roles of the pipeline",
        config={"databaseBackupDays": 0, "cacheSnapshotDays": 0, "githubRepository": ""},
    ),
    Case(name="more storage, and no less", config={"databaseStorageGib": 30}),
    Case(
        name="a zone more, and a store for a service",
        services={"frontend": {"cache": True, "workers": 1}},
        config={
            "zones": [*ZONES, "us-east-1d"],
            "publicCidrs": _one_more("publicCidrs", "10.0.48.0/20"),
            "privateCidrs": _one_more("privateCidrs", "10.0.112.0/20"),
            "isolatedCidrs": _one_more("isolatedCidrs", "10.0.176.0/20"),
        },
        back=("Move to Another Stack", "Replace a Service by Another"),
    ),
)

QUOTA = "fargateVcpuQuota"


def together(*cases: Case) -> Case:
    """One change with the values of all these cases, which must not overlap."""
    config: dict[str, Any] = {}
    services: dict[str, dict[str, Any] | None] = {}
    for case in cases:
        most = max(case.config.get(QUOTA, 0), config.get(QUOTA, 0))
        config |= case.config
        config |= {QUOTA: most} if most else {}
        for app, fields in case.services.items():
            services[app] = None if fields is None else {**(services.get(app) or {}), **fields}
    back = tuple(way for case in cases for way in case.back)
    return Case(name=" + ".join(c.name for c in cases), config=config, services=services, back=back)


BATCHES = (WORKS[:5], WORKS[5:7], WORKS[7:])
"""An `up` takes about ten seconds, so cases share one."""

REFUSED: Mapping[str, Case] = {
    case.name: case
    for case in (
        Case(
            name="a later major version",
            config={"databaseVersion": "17"},
            refused="Upgrade PostgreSQL",
        ),
        Case(
            name="another domain",
            config={"domain": "energy.example.com"},
            refused="Move to Another Stack",
        ),
        Case(
            name="another hosted zone",
            config={"hostedZoneId": "Z0123456789ABC"},
            refused="Move to Another Stack",
        ),
        Case(
            name="another export bucket",
            config={"logExportBucket": "arbor-other-exports"},
            refused="Move to Another Stack",
        ),
        Case(
            name="zones in another order",
            config={"zones": [ZONES[1], ZONES[0], ZONES[2]]},
            refused="Move to Another Stack",
        ),
        Case(
            name="other blocks",
            config={
                "vpcCidr": "10.1.0.0/16",
                "publicCidrs": ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/20"],
                "privateCidrs": ["10.1.64.0/20", "10.1.80.0/20", "10.1.96.0/20"],
                "isolatedCidrs": ["10.1.128.0/20", "10.1.144.0/20", "10.1.160.0/20"],
            },
            refused="Move to Another Stack",
        ),
        Case(
            name="two services swap priorities",
            services={
                "backend": {"priority": 200, "paths": []},
                "frontend": {"priority": 100, "paths": ["/app/*"]},
            },
            refused="Exchange Priorities",
        ),
        Case(
            name="a new service takes over a priority",
            config={QUOTA: 7},
            services={"backend": {"priority": 90}, "reports": {**REPORTS, "priority": 100}},
            refused="Exchange Priorities",
        ),
        Case(
            name="a renamed service keeps its priority",
            services={"frontend": None, "web": {**SERVICES["frontend"]}},
            refused="Exchange Priorities",
        ),
        Case(name="a port", services={"backend": {"port": 9000}}, refused="Change a Port"),
        Case(
            name="the port together with the version",
            services={"frontend": {"port": 4000, "version": "v2.0.0"}},
            refused="Change a Port",
        ),
        Case(
            name="the log group of enhanced monitoring, which RDS has made",
            config={"ownsOsMetrics": True},
            refused="Adopt a Log Group",
        ),
        Case(
            name="a service without its database",
            services={"backend": {"database": False}},
            refused="Replace a Service by Another",
        ),
    )
}

REFUSED_BATCHES = (
    (
        "a later major version",
        "another domain",
        "a new service takes over a priority",
        "a port",
        "the log group of enhanced monitoring, which RDS has made",
    ),
    ("another hosted zone", "the port together with the version"),
    ("another export bucket", "a service without its database"),
    ("zones in another order", "two services swap priorities"),
    ("other blocks", "a renamed service keeps its priority"),
)
"""Names of cases that share a preview. Each has its own procedure, so none hides another."""

ELSEWHERE: Mapping[str, str] = {
    "environment": "tests/config/test_settings_refusals.py: every guard hangs on it",
    "accountId": "tests/config/test_settings_refusals.py: aws:allowedAccountIds must hold it",
    "services.previousPort": "tests/engine/test_config_procedures.py",
    "pauseBeforeProduction": "tests/engine/test_config_procedures.py",
}
"""Keys whose change another test tries, and that test."""


def keys() -> set[str]:
    """Every key of Pulumi.yaml, and every field of a service."""
    top = {key.removeprefix("arbor:") for key in PROJECT if key.startswith("arbor:")}
    return (top - {"services"}) | {f"services.{field}" for field in SERVICE_FIELDS}


def covered() -> set[str]:
    """The keys and fields that a case or another test changes."""
    return {key for case in (*WORKS, *REFUSED.values()) for key in case.covers()} | set(ELSEWHERE)

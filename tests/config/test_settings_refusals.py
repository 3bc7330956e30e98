"""Every invalid value, with the message that its author reads."""

import json
from typing import Any

import pytest

from config import settings
from refusals import APP_NAMES, problems, problems_of
from stack_config import stack_values

WHERE = "2 to 6 zones of us-east-1, each unique, us-east-1a to us-east-1f"
BAKE = "a whole number from 10 to 1,440 minutes, which the alarm on failed requests needs"
OLDER = (
    "a list of at most 20 names of roles that Pulumi named, such as "
    "backend-roles-task-role-1a2b3c4, each unique"
)
BLOCK = "an IPv4 block of /16 to /28, such as 10.0.0.0/16"
BLOCKS = "a list of IPv4 blocks of /16 to /28, one per zone, each unique"

PATHS = (
    "a list of at most 10 unique path prefixes such as /api/v1/ingest/; [] blocks every "
    "body over 8 KB, [/] none"
)
OFFICES = (
    "a list of public IPv4 blocks of /16 to /32, each unique, such as 203.0.113.9/32; [] for none"
)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("accountId", "12-34", "the account's 12 digits"),
        (
            "domain",
            "arbor",
            ("a domain in lower case of at most 64 characters, such as arbor-energy.com"),
        ),
        (
            "hostedZoneId",
            "arbor-energy.com",
            ("the id of a hosted zone such as Z0123456789ABC, or empty to make one"),
        ),
        ("githubRepository", "arbor", "OWNER/NAME on GitHub, or empty for none"),
        ("databaseVersion", 15, "16, 17"),
        ("databaseVersion", 16.4, "16, 17"),
        ("finalBackup", False, "true in production, whose data must survive the stack"),
        (
            "applicationRepository",
            "arbor",
            (
                "OWNER/NAME on GitHub of the repository that pushes images, or OWNER@ID/NAME@ID, "
                "or empty for none"
            ),
        ),
        ("olderRoles", ["OrganizationAccountAccessRole"], OLDER),
        ("olderRoles", ["arbor-production-ci-deploy"], OLDER),
        ("olderRoles", ["a-1a2b3c4", "a-1a2b3c4"], OLDER),
        ("olderRoles", [f"a-{number:07x}" for number in range(21)], OLDER),
        ("githubOwnerId", "arbor", 'a number of GitHub\'s in quotes, such as "123456", or empty'),
        (
            "githubOidcProviderArn",
            "arn:aws:iam::123456789012:oidc-provider/example.com",
            "the ARN of the account's provider for GitHub, or empty to make it",
        ),
        ("vpcCidr", "10.0.0.0/8", BLOCK),
        ("vpcCidr", "10.0.1.0/16", BLOCK),
        ("vpcCidr", "ten", BLOCK),
        ("zones", ["us-east-1a"], WHERE),
        ("zones", ["us-east-1a", "us-east-1b", "us-east-1z"], WHERE),
        ("zones", ["us-east-1a", "us-east-1b", "us-west-2a"], WHERE),
        ("zones", ["us-east-1a", "us-east-1a", "us-east-1b"], WHERE),
        ("zones", "us-east-1a", WHERE),
        ("publicCidrs", ["10.0.0.0/20", "10.0.16.0/20", "10.0.33.0/20"], BLOCKS),
        (
            "publicCidrs",
            ["10.0.0.0/28", "10.0.16.0/27", "10.0.32.0/20"],
            ("blocks of /27 or larger, which the load balancer requires"),
        ),
        (
            "privateCidrs",
            ["10.0.64.0/20", "10.0.80.0/20"],
            ("one block per zone, in the order of us-east-1a, us-east-1b, us-east-1c"),
        ),
        ("privateCidrs", ["10.0.64.0/20", "10.0.80.0/20", "10.0.64.0/20"], BLOCKS),
        (
            "isolatedCidrs",
            ["10.0.128.0/20", "10.0.144.0/20", "10.1.0.0/20"],
            ("blocks within 10.0.0.0/16; 10.1.0.0/20 is outside"),
        ),
        (
            "isolatedCidrs",
            ["10.0.128.0/20", "10.0.144.0/20", "10.0.82.0/24"],
            ("blocks without overlap; 10.0.82.0/24 overlaps 10.0.80.0/20 of privateCidrs"),
        ),
        (
            "interfaceEndpoints",
            ["s3"],
            ("a list of any of ecr.api, ecr.dkr, logs, secretsmanager, ssmmessages, each unique"),
        ),
        ("natPerZone", "yes", "true or false"),
        ("natPerZone", False, "true in production, so that each zone is independent"),
        (
            "spotWeight",
            1,
            "only 0 in production, because AWS stops Spot tasks on two minutes' notice",
        ),
        ("environment", "prod", "production, staging"),
        (
            "environment",
            "staging",
            (
                "production for the stack named production; use another stack name for another "
                "environment"
            ),
        ),
        ("fargateVcpuQuota", 0, "a whole number from 1 to 100,000 vCPUs"),
        (
            "fargateVcpuQuota",
            9,
            (
                "10 or more vCPUs, for 2 colours x (backend 6 tasks x 0.5 + frontend 6 tasks x "
                "0.25) and a migration; raise the account's quota first with `aws service-quotas "
                "request-service-quota-increase --service-code fargate --quota-code L-3032A538 "
                "--desired-value 10` and set this key when AWS has granted it, or lower max or cpu"
            ),
        ),
        ("cpuTargetPercent", 95, "a whole number from 10 to 90 percent"),
        ("memoryTargetPercent", 5, "a whole number from 10 to 90 percent"),
        ("requestsPerTarget", 0, "a whole number from 1 to 1,000,000 a minute"),
        ("bakeTimeMinutes", 9, BAKE),
        ("bakeTimeMinutes", 1441, BAKE),
        ("bakeTimeMinutes", "soon", BAKE),
        ("bakeTimeMinutes", 1.5, BAKE),
        ("bakeTimeMinutes", True, BAKE),
        ("pauseBeforeProduction", 1, "true or false"),
        ("deployWithoutReviewers", "yes", "true or false"),
        ("pauseTimeoutMinutes", 20161, "a whole number from 1 to 20,160 minutes"),
        (
            "databaseClass",
            "db.t3.mega",
            (
                "a class of db.t3, t4g, m5, m6g, m6i, m7g, m7i, m8g, r5, "
                "r6g, r6i, r7g, r7i or r8g, such as db.t3.medium"
            ),
        ),
        ("databaseStorageGib", 19, "a whole number from 20 to 65,536 GiB"),
        ("databaseMaxStorageGib", 21, "a whole number from 22 to 65,536 GiB"),
        ("databaseMultiAz", False, "true in production, as the runbook requires"),
        (
            "databaseBackupDays",
            6,
            (
                "a whole number from 7 to 35 days, because the runbook restores to any of the "
                "last seven"
            ),
        ),
        (
            "databaseBackupDays",
            36,
            (
                "a whole number from 7 to 35 days, because the runbook restores to any of the "
                "last seven"
            ),
        ),
        ("databaseBackupWindow", "03:00-03:20", "hh:mm-hh:mm in UTC of at least 30 minutes"),
        ("databaseBackupWindow", "3am", "hh:mm-hh:mm in UTC of at least 30 minutes"),
        (
            "databaseMaintenanceWindow",
            "05:00-06:00",
            ("ddd:hh:mm-ddd:hh:mm in UTC, such as sun:05:00-sun:06:00, of at least 30 minutes"),
        ),
        (
            "databaseMaintenanceWindow",
            "sun:03:30-sun:04:30",
            ("a window that does not overlap databaseBackupWindow, which is 03:00-04:00"),
        ),
        ("databasePoolSize", 0, "a whole number from 1 to 1,000 connections a worker"),
        (
            "cacheNodeType",
            "cache.t1.micro",
            ("a type of cache.t3, t4g, m5, m6g, m7g, r5, r6g or r7g, such as cache.t3.micro"),
        ),
        (
            "cacheNodes",
            1,
            (
                "0 for one per zone, or 2 to 6 nodes, because production must fail over to "
                "another zone"
            ),
        ),
        ("cacheNodes", 7, "a whole number from 0 to 6 nodes, 0 for one per zone"),
        ("cacheSnapshotDays", 36, "a whole number from 0 to 35 days"),
        ("cacheSnapshotWindow", "03:00-03:30", "hh:mm-hh:mm in UTC of at least 60 minutes"),
        (
            "cacheMaintenanceWindow",
            "mon:02:30-mon:03:30",
            ("a window that does not overlap cacheSnapshotWindow, which is 03:00-04:00"),
        ),
        (
            "logRetentionDays",
            31,
            (
                "one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
                "180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653"
            ),
        ),
        ("logRetentionDays", 0, "a whole number from 1 to 3,653 days"),
        ("ownsOsMetrics", "perhaps", "true or false"),
        ("logExportBucket", "Logs", "a bucket name, or empty for arbor-log-exports"),
        ("logExportDays", 0, "a whole number from 1 to 3,653 days"),
        ("accessLogDays", 0, "a whole number from 1 to 3,653 days"),
        ("wafRequestsPerFiveMinutes", 9, "a whole number from 10 to 2,000,000,000"),
        ("wafApiRequestsPerMinute", 9, "a whole number from 10 to 2,000,000,000"),
        ("wafApiRequestsPerTenMinutes", 9, "a whole number from 10 to 2,000,000,000"),
        ("wafApiRequestsPerTenMinutes", 49, "at least wafApiRequestsPerMinute, which is 50"),
        ("wafLargeBodyPaths", ["api/"], PATHS),
        ("wafLargeBodyPaths", ["/api/*"], PATHS),
        ("wafLargeBodyPaths", ["/api//ingest"], PATHS),
        ("wafLargeBodyPaths", ["/api/../ingest"], PATHS),
        ("wafLargeBodyPaths", [f"/{number}" for number in range(11)], PATHS),
        ("wafLargeBodyPaths", "/api/v1/ingest/", PATHS),
        ("officeCidrs", ["203.0.113.9"], OFFICES),
        ("officeCidrs", ["203.0.113.9/24"], OFFICES),
        ("officeCidrs", ["203.0.0.0/15"], OFFICES),
        ("officeCidrs", ["0.0.0.0/0"], OFFICES),
        ("officeCidrs", ["192.168.1.0/24"], OFFICES),
        ("officeCidrs", ["2001:db8::/64"], OFFICES),
        ("imagesKept", 9, "a whole number from 10 to 1,000 images"),
        (
            "secretRecoveryDays",
            6,
            ("0 to delete at once, or 7 to 30 days in which the name stays reserved"),
        ),
        ("secretRecoveryDays", 31, "a whole number from 0 to 30 days"),
        ("protectData", "maybe", "true or false"),
        ("services", [], f"an object of services by name: {APP_NAMES}"),
        ("services", {"backend": 1}, f"an object of services by name: {APP_NAMES}"),
    ],
)
def test_a_wrong_value_is_refused_with_the_allowed_values(
    key: str, value: Any, allowed: str
) -> None:
    shown = stack_values("production", shown=value)["arbor:shown"]
    if isinstance(value, str):
        shown = f'"{value}"'
    assert problems("production", **{key: value}) == (
        f"arbor:{key} is {shown}; allowed: {allowed}.",
    )


def test_too_many_connections_are_refused_with_a_larger_class() -> None:
    assert problems("production", databaseClass="db.t3.small") == (
        (
            'arbor:databaseClass is "db.t3.small"; allowed: a class that leaves the application '
            "360 connections (2 colours x backend 6 tasks x 1 worker x databasePoolSize 30), and "
            "this one leaves 170: db.t3.medium or larger, or lower max or "
            "workers."
        ),
    )


def test_too_many_workers_for_the_database_are_refused() -> None:
    services = json.loads(stack_values("production")["arbor:services"])
    services["backend"]["workers"] = 2
    (problem,) = problems("production", services=services)
    assert "720 connections (2 colours x backend 6 tasks x 2 workers x" in problem
    assert "this one leaves 384: db.m6i.large or larger" in problem


def test_too_many_connections_for_a_cache_node_are_refused() -> None:
    services = json.loads(stack_values("staging")["arbor:services"])
    services["backend"] |= {"max": 52}
    large = {"databaseClass": "db.r6i.xlarge", "fargateVcpuQuota": 100}
    (problem,) = problems("staging", services=services, **large)
    assert problem == (
        'arbor:cacheNodeType is "cache.t3.micro"; allowed: a type whose nodes take 2080 '
        "connections (2 colours x backend 52 tasks x 1 worker x 20 of each worker), and this one "
        "takes 2048: a larger type, or lower max or workers."
    )
    services["backend"]["max"] = 51
    assert settings.parse(stack_values("staging", services=services, **large), "staging")


def test_a_storage_limit_below_the_minimum_growth_is_refused() -> None:
    assert problems("production", databaseStorageGib=100, databaseMaxStorageGib=109) == (
        (
            "arbor:databaseMaxStorageGib is 109; allowed: at least a tenth more than "
            "databaseStorageGib, which is 100."
        ),
    )


GUARDED = {
    "natPerZone": False,
    "spotWeight": 2,
    "databaseMultiAz": False,
    "databaseBackupDays": 1,
    "cacheNodes": 1,
}
"""Values that production refuses and staging allows."""


def one_task_each() -> dict[str, Any]:
    services = json.loads(stack_values("staging")["arbor:services"])
    return {app: entry | {"min": 1, "count": 1} for app, entry in services.items()}


def test_every_guard_depends_on_the_environment_not_the_name() -> None:
    wrong = {**GUARDED, "services": one_task_each()}
    west = stack_values("production", **wrong)
    found = problems_of(west, "productionwest")

    assert [problem.split(" is ")[0].removeprefix("arbor:") for problem in found] == [
        "natPerZone",
        "services.backend.min",
        "services.backend.paths",
        "services.frontend.min",
        "spotWeight",
        "databaseMultiAz",
        "databaseBackupDays",
        "cacheNodes",
    ]
    assert settings.parse(west | {"arbor:environment": "staging"}, "productionwest")


def test_production_under_another_name_is_production() -> None:
    west = settings.parse(stack_values("production"), "productionwest")
    assert west.environment == "production"
    assert west.tags("x")["Environment"] == "production"
    assert west.log_export_bucket == "arbor-productionwest-log-exports"


def test_a_spot_weight_equal_to_fargates_is_refused() -> None:
    assert problems("staging", spotWeight=1) == (
        (
            "arbor:spotWeight is 1; allowed: 0 for no Spot, or 2 to 1,000: with equal weights ECS "
            "does not say whether the only task of a service runs on Spot."
        ),
    )


def test_the_advised_class_for_a_larger_load_is_not_burstable() -> None:
    (problem,) = problems("production", databasePoolSize=40)
    assert "this one leaves" in problem
    assert ": db.m6i.large or larger, or lower max or workers." in problem


@pytest.mark.parametrize("given", ['["210987654321"]', "[]", '["123456789012", "210987654321"]'])
def test_credentials_of_another_account_are_never_allowed(given: str) -> None:
    values = stack_values("production") | {"aws:allowedAccountIds": given}
    assert problems_of(values, "production") == (
        (
            f'aws:allowedAccountIds is {given}; allowed: ["123456789012"], the account of '
            "arbor:accountId."
        ),
    )


def test_an_unknown_region_is_refused() -> None:
    values = stack_values("production") | {"aws:region": "mars"}
    assert 'aws:region is "mars"; allowed: a region such as us-east-1.' in problems_of(
        values, "production"
    )


def test_a_misspelt_key_is_refused_with_similar_keys() -> None:
    (problem,) = problems("staging", databasePoolSise=3)
    assert problem == (
        "arbor:databasePoolSise is not a setting; allowed: databasePoolSize, databaseClass, "
        "databaseMultiAz."
    )


def test_a_missing_key_is_refused() -> None:
    assert problems("staging", domain=None) == (
        (
            "arbor:domain is not set; allowed: a domain in lower case of at most 64 characters, "
            "such as arbor-energy.com."
        ),
    )


@pytest.mark.parametrize("stack", ["my-stack", "Production", "a" * 17, "1st"])
def test_a_stack_name_that_no_database_can_have_is_refused(stack: str) -> None:
    (problem,) = problems_of(stack_values("staging"), stack)
    assert problem == (
        f"The stack is called {stack}; allowed: at most 16 lower-case letters and digits, "
        "which the database's name ends with."
    )


def test_all_problems_are_reported_together_with_the_file() -> None:
    changed = json.loads(stack_values("staging")["arbor:services"])
    changed["backend"] |= {"cpu": 300, "port": 0}
    with pytest.raises(settings.SettingsError) as refused:
        settings.parse(
            stack_values("staging", domain="x", zones=["mars"], services=changed, foo=1), "staging"
        )
    first, *rest = str(refused.value).splitlines()
    assert first == "Nothing was deployed. Correct Pulumi.staging.yaml:"
    assert [line.split(" is ")[0] for line in rest] == [
        "  - arbor:zones",
        "  - arbor:domain",
        "  - arbor:services.backend.cpu",
        "  - arbor:services.backend.port",
        "  - arbor:foo",
    ]

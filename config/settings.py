"""The only reader of `pulumi.Config`.

Every value is checked before any resource is registered. All invalid values are reported together,
each with its key, its value and the allowed values. Pulumi.yaml contains the defaults.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi.runtime import config as pulumi_config

from arbor_names import limits, naming
from config.capacity import (
    check_cache_connections,
    check_connections,
    check_vcpus,
    read_spot_weight,
)
from config.deployment import DeploymentSettings, check_session, read_deployment
from config.environment import PRODUCTION, read_environment
from config.firewall import FirewallSettings, read_firewall
from config.github import GitHubSettings, read_github
from config.network import NetworkSettings, read_network
from config.reader import Reader
from config.services import ServiceSettings, read_services
from config.stores import (
    CacheSettings,
    DatabaseSettings,
    read_cache,
    read_database,
    read_final_backup,
)

_STACK: Final = re.compile(r"[a-z][a-z0-9]{0,15}")
_ACCOUNT: Final = re.compile(r"\d{12}")
_ZONE_ID: Final = re.compile(r"Z[A-Z0-9]{1,31}")


class SettingsError(pulumi.RunError):
    """Invalid config; the message has one line for each problem."""

    def __init__(self, stack: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"Nothing was deployed. Correct Pulumi.{stack}.yaml:\n{lines}")


@dataclass(frozen=True, kw_only=True)
class ScalingSettings:
    """Targets of autoscaling, for all services."""

    cpu_percent: int
    memory_percent: int
    requests_per_target: int
    """Requests a minute and task."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The validated settings of a stack."""

    stack: str
    environment: str
    """`production` or `staging`, independent of the stack's name; the guards depend on it."""
    region: str
    account_id: str
    domain: str
    hosted_zone_id: str | None
    """None: the stack creates the zone."""
    network: NetworkSettings
    services: Mapping[str, ServiceSettings]
    deployment: DeploymentSettings
    scaling: ScalingSettings
    spot_weight: int
    """Tasks on FARGATE_SPOT for each task on FARGATE."""
    fargate_vcpu_quota: int
    """On-Demand vCPUs that this stack may use."""
    database: DatabaseSettings
    cache: CacheSettings
    log_retention_days: int
    owns_os_metrics: bool
    """One stack of the account creates the log group of RDS's enhanced monitoring."""
    log_export_bucket: str
    log_export_days: int
    access_log_days: int
    firewall: FirewallSettings
    images_kept: int
    secret_recovery_days: int
    protect_data: bool
    final_backup: bool
    """Deletion of a store takes a final snapshot and retains its key."""
    github: GitHubSettings | None
    """None: no roles for the pipeline."""
    deploy_without_reviewers: bool
    """Read by the pipeline only (pipeline/repository/reviewers.py)."""

    def tags(self, component: str) -> dict[str, str]:
        """The tags of every resource of a component."""
        return {
            "Project": naming.PROJECT,
            "Stack": self.stack,
            "Environment": self.environment,
            "Component": component,
            "ManagedBy": "pulumi",
        }


def load() -> Settings:
    """The settings of the current stack; raises SettingsError."""
    values = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
    return parse(values, pulumi.get_stack())


def parse(values: Mapping[str, str], stack: str) -> Settings:
    """The settings in these values; raises SettingsError with every problem.

    Values are those that the engine passes to a program: text by full key (`arbor:domain`), with
    numbers, lists and objects as JSON.
    """
    problems: list[str] = []
    if _STACK.fullmatch(stack) is None:
        problems.append(
            f"The stack is called {stack}; allowed: at most 16 lower-case letters and digits, "
            "which the database's name ends with."
        )
    aws = Reader(_namespace(values, "aws"), "aws:", problems)
    arbor = Reader(_namespace(values, naming.PROJECT), f"{naming.PROJECT}:", problems)
    environment = read_environment(arbor, stack)
    production = environment == PRODUCTION
    region = aws.text("region", "a region such as us-east-1", _is_region)
    network = read_network(arbor, region=region, production=production)
    zones = max(1, len(network.zones))
    settings = Settings(
        stack=stack,
        environment=environment,
        region=region,
        account_id=_account(arbor, aws),
        domain=arbor.text(
            "domain",
            "a domain in lower case of at most 64 characters, such as arbor-energy.com",
            limits.is_domain,
        ),
        hosted_zone_id=arbor.text(
            "hostedZoneId",
            "the id of a hosted zone such as Z0123456789ABC, or empty to make one",
            lambda zone: not zone or _ZONE_ID.fullmatch(zone) is not None,
        )
        or None,
        network=network,
        services=read_services(arbor, zones=zones, production=production),
        deployment=read_deployment(arbor, production=production),
        scaling=ScalingSettings(
            cpu_percent=arbor.whole("cpuTargetPercent", 10, 90, "percent"),
            memory_percent=arbor.whole("memoryTargetPercent", 10, 90, "percent"),
            requests_per_target=arbor.whole("requestsPerTarget", 1, 1_000_000, "a minute"),
        ),
        spot_weight=read_spot_weight(arbor, production=production),
        fargate_vcpu_quota=arbor.whole("fargateVcpuQuota", 1, 100_000, "vCPUs"),
        database=read_database(arbor, production=production),
        cache=read_cache(arbor, zones=zones, production=production),
        log_retention_days=_retention(arbor),
        owns_os_metrics=arbor.flag("ownsOsMetrics"),
        log_export_bucket=arbor.text(
            "logExportBucket",
            f"a bucket name, or empty for {naming.log_export_bucket(stack)}",
            lambda name: not name or limits.is_bucket(name),
        )
        or naming.log_export_bucket(stack),
        log_export_days=arbor.whole("logExportDays", 1, 3653, "days"),
        access_log_days=arbor.whole("accessLogDays", 1, 3653, "days"),
        firewall=read_firewall(arbor),
        images_kept=arbor.whole("imagesKept", 10, 1000, "images"),
        secret_recovery_days=_secret_recovery(arbor),
        protect_data=arbor.flag("protectData"),
        final_backup=read_final_backup(arbor, production=production),
        github=read_github(arbor),
        deploy_without_reviewers=arbor.flag("deployWithoutReviewers"),
    )
    arbor.refuse_unread()
    if not problems:
        if settings.github is not None:
            check_session(arbor, settings.deployment, len(settings.services), production=production)
        check_connections(arbor, settings.services, settings.database)
        check_cache_connections(arbor, settings.services, settings.cache)
        check_vcpus(arbor, settings.services, settings.fargate_vcpu_quota)
    if problems:
        raise SettingsError(stack, problems)
    return settings


def _namespace(values: Mapping[str, str], namespace: str) -> dict[str, str]:
    prefix = f"{namespace}:"
    return {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}


def _is_region(text: str) -> bool:
    try:
        return limits.region_of(f"{text}a") == text
    except ValueError:
        return False


def _account(arbor: Reader, aws: Reader) -> str:
    """The account; the provider refuses every other one by aws:allowedAccountIds."""
    account = arbor.text(
        "accountId",
        "the account's 12 digits",
        lambda text: _ACCOUNT.fullmatch(text) is not None,
    )
    allowed = f'["{account}"], the account of arbor:accountId'
    if arbor.good("accountId"):
        accounts = aws.texts("allowedAccountIds", allowed, account.__eq__)
        if aws.good("allowedAccountIds") and not accounts:
            aws.refuse("allowedAccountIds", allowed)
    return account


def _retention(arbor: Reader) -> int:
    days = arbor.whole("logRetentionDays", 1, max(limits.RETENTION_DAYS), "days")
    if arbor.good("logRetentionDays") and days not in limits.RETENTION_DAYS:
        offered = ", ".join(map(str, limits.RETENTION_DAYS))
        arbor.refuse("logRetentionDays", f"one of {offered}")
    return days


def _secret_recovery(arbor: Reader) -> int:
    allowed = "0 to delete at once, or 7 to 30 days in which the name stays reserved"
    days = arbor.whole("secretRecoveryDays", 0, 30, "days")
    if arbor.good("secretRecoveryDays") and 0 < days < 7:  # noqa: PLR2004 - AWS's shortest
        arbor.refuse("secretRecoveryDays", allowed)
    return days

"""A change of config updates or replaces exactly the expected resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from engine.stack_file import PROJECT_DIR
from engine_stack import Deployed, Step

CONFIG: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "Pulumi.staging.yaml").read_text())["config"]
PROJECT: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "Pulumi.yaml").read_text())["config"]
SERVICES: dict[str, Any] = CONFIG["arbor:services"]
THIRD = {**SERVICES["frontend"], "paths": ["/reports/*"], "port": 4000, "priority": 150}


@dataclass(frozen=True, kw_only=True)
class Change:
    """New values of config keys, and exactly the steps that they cause."""

    config: Mapping[str, Any]
    steps: frozenset[tuple[str, str]]
    """Operation and logical name."""


def backend(**changes: Any) -> dict[str, Any]:
    return {**SERVICES, "backend": {**SERVICES["backend"], **changes}}


CHANGES = {
    "a larger database is an update in place": Change(
        config={"arbor:databaseClass": "db.t3.medium"},
        steps=frozenset({("update", "database-instance")}),
    ),
    "a larger cache is an update in place": Change(
        config={"arbor:cacheNodeType": "cache.t3.small"},
        steps=frozenset({("update", "cache-redis")}),
    ),
    "more cpu is a new revision, which a release brings to the service": Change(
        config={"arbor:services": backend(cpu=1024, memory=2048)},
        steps=frozenset({("replace", "backend-task-definition")}),
    ),
    "more workers are a new revision, and no other database": Change(
        config={"arbor:services": backend(workers=2, max=1)},
        steps=frozenset(
            {("replace", "backend-task-definition"), ("update", "backend-scaling-target")}
        ),
    ),
    "another image version is a new revision of the backend and of its migrations": Change(
        config={"arbor:services": backend(version="v1.1.0")},
        steps=frozenset(
            {("replace", "backend-task-definition"), ("replace", "migrations-task-definition")}
        ),
    ),
    "longer retention updates every log group": Change(
        config={"arbor:logRetentionDays": 30},
        steps=frozenset(
            {
                ("update", f"logs-{group}")
                for group in (
                    "backend",
                    "frontend",
                    "migrations",
                    "exec",
                    "cache",
                    "insights",
                    "firewall",
                    "database-postgresql",
                    "database-upgrade",
                )
            }
            | {("update", "network-flow")}
        ),
    ),
    "a higher ceiling updates the scalable target": Change(
        config={"arbor:services": {**SERVICES, "frontend": {**SERVICES["frontend"], "max": 5}}},
        steps=frozenset({("update", "frontend-scaling-target")}),
    ),
    "spot tasks are a deployment, not another service": Change(
        config={"arbor:spotWeight": 2},
        steps=frozenset(
            {
                ("update", "cluster-capacity"),
                ("update", "backend-service"),
                ("update", "frontend-service"),
            }
        ),
    ),
    "a tighter rate limit updates the web ACL": Change(
        config={"arbor:wafRequestsPerFiveMinutes": 1000},
        steps=frozenset({("update", "firewall-acl")}),
    ),
}


def operations(steps: list[Step]) -> set[tuple[str, str]]:
    """Operation and name; both halves of a replacement are one `replace`."""
    halves = {"create-replacement": "replace", "delete-replaced": "replace"}
    return {(halves.get(step.op, step.op), step.name) for step in steps}


ONE_MORE_ZONE = {
    "arbor:zones": [*PROJECT["arbor:zones"]["default"], "us-east-1d"],
    **{
        f"arbor:{tier}Cidrs": [*PROJECT[f"arbor:{tier}Cidrs"]["default"], cidr]
        for tier, cidr in {
            "public": "10.0.48.0/20",
            "private": "10.0.112.0/20",
            "isolated": "10.0.176.0/20",
        }.items()
    },
}
ONE_MORE_SERVICE = {"arbor:services": {**SERVICES, "reports": THIRD}}


def previewed(staging: Deployed, config: Mapping[str, Any]) -> set[tuple[str, str]]:
    staging.deployment.configure({"arbor:fargateVcpuQuota": 20, **config})
    return operations(staging.preview())


def batches() -> list[dict[str, Change]]:
    """The changes by previews: those of one preview change different config keys."""
    found: list[dict[str, Change]] = []
    for name, change in CHANGES.items():
        apart = [
            batch
            for batch in found
            if all(change.config.keys().isdisjoint(other.config) for other in batch.values())
        ]
        batch = apart[0] if apart else {}
        if not apart:
            found.append(batch)
        batch[name] = change
    return found


@pytest.mark.parametrize("batch", batches(), ids=" + ".join)
def test_changes_cause_exactly_the_expected_steps(
    staging: Deployed, batch: dict[str, Change]
) -> None:
    config = {key: value for one in batch.values() for key, value in one.config.items()}
    assert previewed(staging, config) == set().union(*(one.steps for one in batch.values()))


def test_another_zone_keeps_the_existing_subnets(staging: Deployed) -> None:
    steps = previewed(staging, ONE_MORE_ZONE)
    created = {name for op, name in steps if op == "create"}
    assert created == {f"network-vpc-{tier}-4" for tier in ("public", "private", "isolated")}
    assert {op for op, _ in steps} == {"create", "update"}


def test_another_service_changes_no_existing_one(staging: Deployed) -> None:
    steps = previewed(staging, ONE_MORE_SERVICE)
    # The export bucket's policy names every log group.
    assert {name for op, name in steps if op != "create"} <= {"log-export-policy"}
    created = {name for op, name in steps if op == "create"}
    assert all("reports" in name for name in created)

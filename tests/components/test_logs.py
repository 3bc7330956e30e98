from dataclasses import replace

import pytest

from components.logs import LogGroups, LogGroupsArgs
from harness import ACCOUNT, REGION, declare, outputs

GROUP = "aws:cloudwatch/logGroup:LogGroup"
ARGS = LogGroupsArgs(
    groups={
        "backend": "/ecs/arbor-production/backend",
        "database": "/aws/rds/instance/arbor-production-db/postgresql",
    },
    retention_days=90,
    kms_key_arn="arn:kms",
    tags={"Stack": "test"},
)


def test_each_group_has_its_name_its_retention_and_its_key() -> None:
    groups = declare(lambda: LogGroups("logs", ARGS)).all(GROUP)

    assert {name: group["name"] for name, group in groups.items()} == {
        "logs-backend": "/ecs/arbor-production/backend",
        "logs-database": "/aws/rds/instance/arbor-production-db/postgresql",
    }
    for group in groups.values():
        assert group["retentionInDays"] == 90
        assert group["kmsKeyId"] == "arn:kms"
        assert group["tags"] == {"Stack": "test"}


def test_groups_are_outputs_by_key() -> None:
    found = outputs(lambda: LogGroups("logs", ARGS), "names", "arns")

    assert found["names"]["backend"] == "/ecs/arbor-production/backend"
    assert found["arns"]["backend"] == (
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/arbor-production/backend"
    )


def test_logs_kept_for_ever_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"/ecs/arbor-production/backend.* got 0"):
        replace(ARGS, retention_days=0)


def test_every_group_has_the_component_as_parent() -> None:
    top = declare(lambda: LogGroups("logs", ARGS)).unparented
    assert top == ["arbor:observability:LogGroups::logs"]


def test_a_shared_group_is_retained_on_delete() -> None:
    args = replace(ARGS, shared=frozenset({"database"}))
    declared = declare(lambda: LogGroups("logs", args))
    stays = {name: options.retain_on_delete for (_, name), options in declared.options.items()}
    assert (stays["logs-database"], stays["logs-backend"]) == (True, False)

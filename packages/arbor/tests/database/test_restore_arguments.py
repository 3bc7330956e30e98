"""Arguments and instructions of a restore, without an account."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arbor.__main__ import app
from arbor.database import backups, cut_over, restore_settings

RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"
SOURCE: Any = {
    "Endpoint": {"Port": 5432},
    "DBSubnetGroup": {"DBSubnetGroupName": "private"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}, {"VpcSecurityGroupId": "sg-2"}],
    "DBParameterGroups": [{"DBParameterGroupName": "params"}],
    "OptionGroupMemberships": [
        {"OptionGroupName": "default:postgres-16"},
        {"OptionGroupName": "ours"},
    ],
    "TagList": [{"Key": "aws:cloudformation:stack-id", "Value": "x"}, {"Key": "a", "Value": "b"}],
    "AllocatedStorage": 20,
}


def test_reserved_tags_and_default_groups_are_left_out() -> None:
    arguments = restore_settings.restore_arguments(SOURCE)
    assert arguments["Tags"] == [{"Key": "a", "Value": "b"}]
    assert arguments["OptionGroupName"] == "ours"
    assert arguments["VpcSecurityGroupIds"] == ["sg-1", "sg-2"]
    assert "MaxAllocatedStorage" not in arguments


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "yesterday"),
        ("--to", "99999d ago", "--as", "ends-"),
        ("--to", "5m ago", "--as", "two--hyphens"),
        ("--to", "5m ago", "--as", "Upper"),
        ("--to", "999999d ago"),
        (),
    ],
)
def test_an_invalid_time_or_name_exits_2(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["database", "restore", *words]).exit_code == 2


@pytest.mark.parametrize(
    ("described", "iops"),
    [
        ({"StorageType": "gp3", "AllocatedStorage": 20, "Iops": 3000}, None),
        ({"StorageType": "gp3", "AllocatedStorage": 400, "Iops": 12000}, 12000),
        ({"StorageType": "io1", "AllocatedStorage": 100, "Iops": 2000}, 2000),
    ],
)
def test_iops_are_set_where_rds_accepts_them(described: dict[str, Any], iops: int | None) -> None:
    assert restore_settings.restore_arguments(SOURCE | described).get("Iops") == iops


def test_details_of_a_disabled_feature_are_left_out() -> None:
    source: Any = {"PerformanceInsightsEnabled": False, "PerformanceInsightsRetentionPeriod": 7}
    copy: Any = {"PerformanceInsightsEnabled": False}
    assert restore_settings.modify_arguments(source, copy) == {}


def test_backups_of_a_deleted_instance_are_not_the_window() -> None:
    assert backups._window([{"Status": "retained", "RestoreWindow": {}}]) is None  # noqa: SLF001 - pure


def test_the_runbook_has_the_same_cut_over() -> None:
    """Steps 4 and 5 of Point-in-Time Recovery, without comments."""
    section = RUNBOOK.read_text().split("# 4. Cut over by renaming", 1)[1].split("\n```\n\n", 2)
    lines = [
        line
        for block in section[:2]
        for line in block.splitlines()[1:]
        if line and not line.startswith(("#", "```"))
    ]
    printed = [
        line
        for line in cut_over.commands("production", "arbor-production-db-restored").splitlines()
        if line
    ]
    assert lines == [line for line in printed if line]

"""What a restore asks for, and what it tells: no account is needed."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arbor.__main__ import app
from arbor.database import backups, cut_over, likeness

RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"
SOURCE: dict[str, Any] = {
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


def test_tags_and_groups_of_awss_own_are_not_asked_for() -> None:
    asked = likeness.asked(SOURCE)
    assert asked["Tags"] == [{"Key": "a", "Value": "b"}]
    assert asked["OptionGroupName"] == "ours"
    assert asked["VpcSecurityGroupIds"] == ["sg-1", "sg-2"]
    assert "MaxAllocatedStorage" not in asked


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
def test_what_is_no_time_or_name_is_wrong_usage(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["database", "restore", *words]).exit_code == 2


@pytest.mark.parametrize(
    ("told_", "asked"),
    [
        ({"StorageType": "gp3", "AllocatedStorage": 20, "Iops": 3000}, None),
        ({"StorageType": "gp3", "AllocatedStorage": 400, "Iops": 12000}, 12000),
        ({"StorageType": "io1", "AllocatedStorage": 100, "Iops": 2000}, 2000),
    ],
)
def test_operations_are_asked_for_where_rds_takes_a_number(
    told_: dict[str, Any], asked: int | None
) -> None:
    assert likeness.asked({**SOURCE, **told_}).get("Iops") == asked


def test_details_of_what_is_off_are_not_asked_for() -> None:
    source = {"PerformanceInsightsEnabled": False, "PerformanceInsightsRetentionPeriod": 7}
    assert likeness.missing(source, {"PerformanceInsightsEnabled": False}) == {}


def test_backups_of_a_deleted_instance_are_not_the_window() -> None:
    assert backups._window([{"Status": "retained", "RestoreWindow": {}}]) is None  # noqa: SLF001 - pure


def test_the_runbook_has_the_same_cut_over() -> None:
    """Step 4 and 5 of Point-in-Time Recovery, without their comments."""
    section = RUNBOOK.read_text().split("# 4. Cut over by renaming", 1)[1].split("\n```\n\n", 2)
    lines = [
        line
        for block in section[:2]
        for line in block.splitlines()[1:]
        if line and not line.startswith(("#", "```"))
    ]
    told = [
        line
        for line in cut_over.commands("production", "arbor-production-db-restored").splitlines()
        if line
    ]
    assert lines == [line for line in told if line]

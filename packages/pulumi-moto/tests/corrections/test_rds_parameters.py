from typing import Any

import boto3
import pytest

from emulated_account import refusal, refused
from rds_fixtures import NAME, database, found, parameter_group


def put(name: str, method: str, group: str = "params") -> Any:
    return boto3.client("rds").modify_db_parameter_group(
        DBParameterGroupName=group,
        Parameters=[{"ParameterName": name, "ParameterValue": "1", "ApplyMethod": method}],
    )


def status() -> object:
    return found()["DBParameterGroups"][0]["ParameterApplyStatus"]


def reboot() -> None:
    boto3.client("rds").reboot_db_instance(DBInstanceIdentifier=NAME)


def test_a_static_parameter_cannot_be_applied_at_once() -> None:
    parameter_group()
    words = "InvalidParameterCombination: cannot use immediate apply method for static parameter"
    assert refusal(put, name="shared_preload_libraries", method="immediate") == words
    assert refusal(put, name="max_connections", method="immediate") == words
    put("shared_preload_libraries", "pending-reboot")


def test_an_unknown_parameter_is_refused() -> None:
    parameter_group()
    words = "InvalidParameterValue: Could not find parameter with name: work_memory"
    assert refusal(put, name="work_memory", method="immediate") == words


@pytest.mark.parametrize(
    "name", ["rds.force_ssl", "log_min_duration_statement", "pg_stat_statements.track", "TimeZone"]
)
def test_a_dynamic_parameter_works_at_once(name: str) -> None:
    parameter_group()
    database(DBParameterGroupName="params")
    put(name, "immediate")
    assert status() == "in-sync"


def test_a_static_parameter_works_after_a_reboot() -> None:
    parameter_group()
    database(DBParameterGroupName="params")
    put("shared_preload_libraries", "pending-reboot")
    assert status() == "pending-reboot"
    reboot()
    assert status() == "in-sync"
    boto3.client("rds").reset_db_parameter_group(
        DBParameterGroupName="params",
        Parameters=[{"ParameterName": "shared_preload_libraries", "ApplyMethod": "pending-reboot"}],
    )
    assert status() == "pending-reboot"


def test_an_instance_with_another_group_has_nothing_to_wait_for() -> None:
    parameter_group()
    parameter_group("other")
    database(DBParameterGroupName="other")
    put("max_connections", "pending-reboot")
    assert status() == "in-sync"


def test_a_default_group_cannot_be_changed() -> None:
    database()
    params = {"name": "work_mem", "method": "immediate", "group": "default.postgres16"}
    assert refused(put, **params) == "InvalidParameterValue"


def test_a_parameter_has_its_apply_type() -> None:
    parameter_group()
    put("max_connections", "pending-reboot")
    put("work_mem", "immediate")
    response = boto3.client("rds").describe_db_parameters(DBParameterGroupName="params")[
        "Parameters"
    ]
    assert {one["ParameterName"]: one["ApplyType"] for one in response} == {
        "max_connections": "static",
        "work_mem": "dynamic",
    }

import re
from dataclasses import replace

import pytest

from components.database import Database, DatabaseArgs
from harness import ACCOUNT, REGION, ROLES, declare, is_secret, outputs

INSTANCE = "aws:rds/instance:Instance"
ARGS = DatabaseArgs(
    roles=ROLES,
    account_id=ACCOUNT,
    region=REGION,
    identifier="arbor-production-db",
    database_name="arbor_production",
    username="arbor_user",
    parameter_group_name="arbor-production-params",
    instance_class="db.t3.medium",
    allocated_storage_gib=20,
    max_allocated_storage_gib=100,
    vpc_id="vpc-1",
    subnet_ids=["isolated-1", "isolated-2"],
    password="not-a-password",
    multi_az=True,
    maintenance_window="sun:05:00-sun:06:00",
    kms_key_arn="arn:kms",
    protect=True,
    final_backup=True,
    tags={"Stack": "test"},
)


def test_it_survives_a_zone_and_keeps_a_week_of_encrypted_backups() -> None:
    instance = declare(lambda: Database("db", ARGS)).only(INSTANCE)
    assert instance["multiAz"] is True
    assert instance["backupRetentionPeriod"] == 7
    assert (instance["storageEncrypted"], instance["kmsKeyId"]) == (True, "arn:kms")
    assert instance["storageType"] == "gp3"
    assert instance["copyTagsToSnapshot"] is True


def test_it_has_monitoring_and_log_exports() -> None:
    instance = declare(lambda: Database("db", ARGS)).only(INSTANCE)
    assert instance["performanceInsightsEnabled"] is True
    assert instance["monitoringInterval"] == 60
    assert instance["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]


@pytest.mark.parametrize("protect", [True, False])
def test_a_protected_database_is_deleted_by_neither_pulumi_nor_aws(protect: bool) -> None:
    declared = declare(lambda: Database("db", replace(ARGS, protect=protect)))
    assert declared.only(INSTANCE)["deletionProtection"] is protect
    assert declared.options_of(INSTANCE).protect is protect


@pytest.mark.parametrize("protect", [True, False])
def test_a_final_backup_has_a_unique_name_and_automated_backups_stay(protect: bool) -> None:
    instance = declare(lambda: Database("db", replace(ARGS, protect=protect))).only(INSTANCE)
    assert instance["skipFinalSnapshot"] is False
    assert instance["deleteAutomatedBackups"] is False
    assert re.fullmatch("arbor-production-db-final-.+", instance["finalSnapshotIdentifier"])


def test_a_replaced_instance_gets_another_final_snapshot_name() -> None:
    suffix = declare(lambda: Database("db", ARGS)).only("random:index/randomId:RandomId")
    assert suffix["keepers"] == {
        "identifier": "arbor-production-db",
        "database": "arbor_production",
        "username": "arbor_user",
        "key": "arn:kms",
    }


def test_without_a_final_backup_nothing_remains() -> None:
    instance = declare(lambda: Database("db", replace(ARGS, final_backup=False))).only(INSTANCE)
    assert instance["skipFinalSnapshot"] is True
    assert instance["deleteAutomatedBackups"] is True
    assert "finalSnapshotIdentifier" not in instance


def test_the_parameter_group_fits_the_engine() -> None:
    args = replace(ARGS, engine_version="17.2")
    group = declare(lambda: Database("db", args)).only("aws:rds/parameterGroup:ParameterGroup")
    assert group["family"] == "postgres17"


@pytest.mark.parametrize(
    ("group", "logical"),
    [("arbor-production-params", "db-parameters"), ("arbor-params-17", "db-parameters-17")],
)
def test_each_major_version_has_its_own_group(group: str, logical: str) -> None:
    args = replace(ARGS, engine_version="17", parameter_group_name=group)
    declared = declare(lambda: Database("db", args))
    token = "aws:rds/parameterGroup:ParameterGroup"
    assert [name for typ, name in declared.options if typ == token] == [logical]


def test_another_major_version_is_allowed_because_the_pipeline_checks_it() -> None:
    assert declare(lambda: Database("db", ARGS)).only(INSTANCE)["allowMajorVersionUpgrade"] is True


def test_a_rotated_password_stays_and_the_first_is_secret() -> None:
    declared = declare(lambda: Database("db", ARGS))
    assert is_secret(declared.only(INSTANCE)["password"])
    assert declared.options_of(INSTANCE).ignore_changes == ["password"]
    assert "not-a-password" not in repr(ARGS)


def test_address_and_port_are_outputs() -> None:
    found = outputs(lambda: Database("db", ARGS), "address", "port", "endpoint")
    assert found == {
        "address": "arbor-production-db.rds",
        "port": 5432,
        "endpoint": "arbor-production-db.rds:5432",
    }


@pytest.mark.parametrize("days", [-1, 36])
def test_invalid_backup_days_are_refused_by_name(days: int) -> None:
    with pytest.raises(ValueError, match=f"arbor-production-db: backup_days .* got {days}"):
        replace(ARGS, backup_days=days)


def test_a_storage_limit_below_the_minimum_growth_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20, got 19"):
        replace(ARGS, max_allocated_storage_gib=19)

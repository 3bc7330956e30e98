"""The database of production in an emulated account, for the tests of snapshots and restores."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from arbor import procedure
from arbor.__main__ import app
from arbor.account import Account
from arbor.database.connection import WrongPasswordError
from arbor.database.instance import read
from arbor.database.secret import Credentials
from emulated_account import create_network, emulated
from pulumi_moto.clock import CLOCK

DATABASE, RESTORED, SECRET = (
    "arbor-production-db",
    "arbor-production-db-restored",
    "arbor/production/db",
)
USER, PASSWORD = "arbor_user", "first-password"
GROUPS = ("/aws/rds/instance/{}/postgresql", "/aws/rds/instance/{}/upgrade")
DAY = 86400.0
TAGS = {"Project": "arbor", "Stack": "production", "ManagedBy": "pulumi"}


@contextmanager
def staging(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A week of backups, and a clock that each wait of a command advances."""
    patch.setattr(
        "arbor.options.Run", lambda **requested: procedure.Run(**requested, sleep=CLOCK.advance)
    )
    patch.setattr("arbor.database.backup_commands.connection", log_in)
    with emulated():
        _stack()
        CLOCK.advance(3 * DAY)
        yield


def _stack() -> None:
    ec2, rds = boto3.client("ec2"), boto3.client("rds")
    vpc, subnets = create_network()
    groups = [
        ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]
        for name in ("database", "more")
    ]
    rds.create_db_subnet_group(
        DBSubnetGroupName="private", DBSubnetGroupDescription="d", SubnetIds=subnets
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="arbor-production-params",
        DBParameterGroupFamily="postgres16",
        Description="d",
    )
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        StorageType="gp3",
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername=USER,
        MasterUserPassword=PASSWORD,
        Port=5432,
        DBSubnetGroupName="private",
        VpcSecurityGroupIds=groups,
        DBParameterGroupName="arbor-production-params",
        MultiAZ=True,
        PubliclyAccessible=False,
        CopyTagsToSnapshot=True,
        DeletionProtection=True,
        BackupRetentionPeriod=7,
        PreferredBackupWindow="03:00-04:00",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00",
        EnableCloudwatchLogsExports=["postgresql", "upgrade"],
        EnablePerformanceInsights=True,
        PerformanceInsightsKMSKeyId=key,
        PerformanceInsightsRetentionPeriod=7,
        Tags=[{"Key": name, "Value": value} for name, value in TAGS.items()],
    )
    logs = boto3.client("logs")
    for name in GROUPS:
        logs.put_retention_policy(logGroupName=name.format(DATABASE), retentionInDays=90)
        logs.tag_log_group(logGroupName=name.format(DATABASE), tags=TAGS)
    value = json.dumps({"username": USER, "password": PASSWORD})
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=value)


class Session:
    """A connection that a query can be made on."""

    def execute(self, _query: str) -> None:
        return None


@contextmanager
def log_in(_: Account, credentials: Credentials, name: str) -> Iterator[Session]:
    """Accepts the master user's current password only."""
    instance(name)  # a call of RDS applies what is due
    if (credentials.username, credentials.password) != (USER, password(name)):
        raise WrongPasswordError
    yield Session()


def password(name: str) -> str:
    """The master user's, which RDS doesn't return."""
    from moto.rds.models import rds_backends  # noqa: PLC0415 - slow

    held = rds_backends["123456789012"]["us-east-1"].databases[name]
    return str(held.passwords[-1][1])  # type: ignore[attr-defined] # an emulated one


def rotate() -> None:
    """The state after `rotate-password`."""
    boto3.client("rds").modify_db_instance(
        DBInstanceIdentifier=DATABASE, MasterUserPassword="second-password", ApplyImmediately=True
    )
    CLOCK.advance(DAY)
    boto3.client("secretsmanager").put_secret_value(
        SecretId=SECRET, SecretString=json.dumps({"username": USER, "password": "second-password"})
    )


def instance(name: str = DATABASE) -> dict[str, Any]:
    return {**read(Account(stack="production", client=boto3.client), name)}


def database(*words: str) -> Result:
    """The command, with `--every` a minute of the account where it waits."""
    waits = ["--yes", "--every", "60"] if words[0] != "snapshots" else []
    return CliRunner().invoke(app, ["database", *words, *waits])


def snapshots() -> list[str]:
    """The manual ones."""
    found = boto3.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return [one["DBSnapshotIdentifier"] for one in found]

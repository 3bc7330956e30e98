from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

PASSWORD = "first-password"


def database(**asked: Any) -> Any:
    return boto3.client("rds").create_db_instance(
        **{
            "DBInstanceIdentifier": "arbor",
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "EngineVersion": "16",
            "AllocatedStorage": 20,
            "MasterUsername": "arbor",
            "MasterUserPassword": PASSWORD,
            **asked,
        }
    )["DBInstance"]


def refused(call: Any, **asked: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**asked)
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("bad", ["with/slash", "with@sign", 'with"quote', "with space", "short"])
def test_a_password_that_rds_cannot_take_is_refused(bad: str) -> None:
    assert refused(database, MasterUserPassword=bad) == "InvalidParameterValue"
    database()
    modify = boto3.client("rds").modify_db_instance
    asked = {"DBInstanceIdentifier": "arbor", "MasterUserPassword": bad}
    assert refused(modify, **asked) == "InvalidParameterValue"


def test_a_parameter_group_of_another_family_is_refused() -> None:
    boto3.client("rds").create_db_parameter_group(
        DBParameterGroupName="old", DBParameterGroupFamily="postgres15", Description="old"
    )
    assert refused(database, DBParameterGroupName="old") == "InvalidParameterCombination"
    database()
    modify = boto3.client("rds").modify_db_instance
    asked = {"DBInstanceIdentifier": "arbor", "DBParameterGroupName": "old"}
    assert refused(modify, **asked) == "InvalidParameterCombination"


def test_performance_insights_and_the_network_type_are_kept() -> None:
    database(
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=7,
        PerformanceInsightsKMSKeyId="key",
        NetworkType="IPV4",
    )
    (found,) = boto3.client("rds").describe_db_instances()["DBInstances"]
    assert found["PerformanceInsightsEnabled"] is True
    assert found["PerformanceInsightsRetentionPeriod"] == 7
    assert found["PerformanceInsightsKMSKeyId"] == "key"
    assert found["NetworkType"] == "IPV4"


def test_a_plain_instance_cannot_be_promoted() -> None:
    database()
    promote = boto3.client("rds").promote_read_replica
    assert refused(promote, DBInstanceIdentifier="arbor") == "InvalidDBInstanceState"

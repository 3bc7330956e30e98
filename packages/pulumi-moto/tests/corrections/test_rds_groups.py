import boto3

from emulated_account import create_network, refusal, refused
from rds_fixtures import NAME, database, parameter_group, subnet_group


def test_a_subnet_group_of_one_zone_is_refused() -> None:
    _, inside = create_network("aab")
    words = "Please add subnets to cover at least 2 availability zones. Current coverage: 1"
    message = refusal(subnet_group, name="private", ids=inside[:2])
    assert message.startswith("DBSubnetGroupDoesNotCoverEnoughAZs: ")
    assert words in message
    subnet_group("private", inside)
    change = boto3.client("rds").modify_db_subnet_group
    params = {"DBSubnetGroupName": "private", "SubnetIds": inside[:2]}
    assert refused(change, **params) == "DBSubnetGroupDoesNotCoverEnoughAZs"


def test_a_taken_name_is_refused() -> None:
    _, inside = create_network()
    subnet_group("private", inside)
    assert refused(subnet_group, name="private", ids=inside) == "DBSubnetGroupAlreadyExists"


def test_groups_in_use_are_not_deleted() -> None:
    rds = boto3.client("rds")
    _, inside = create_network()
    subnet_group("private", inside)
    parameter_group()
    database(DBSubnetGroupName="private", DBParameterGroupName="params")

    message = refusal(rds.delete_db_subnet_group, DBSubnetGroupName="private")
    assert message.startswith("InvalidDBSubnetGroupStateFault: Cannot delete the subnet group")
    message = refusal(rds.delete_db_parameter_group, DBParameterGroupName="params")
    assert message.startswith("InvalidDBParameterGroupState: One or more database instances")

    rds.delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName="private")
    rds.delete_db_parameter_group(DBParameterGroupName="params")
    assert rds.describe_db_subnet_groups()["DBSubnetGroups"] == []

"""Load balancers: names, zones, deletion protection, access logs."""

import json
from typing import Any

import boto3
import pytest

from emulated_account import create_network, refused

ACCOUNT = "123456789012"
BUCKET = "shop-access-logs"


@pytest.fixture
def subnets() -> list[str]:
    """Two in the first zone, one in the second."""
    return create_network("aab")[1]


def balancer(name: str, subnets: list[str], **params: Any) -> str:
    made = boto3.client("elbv2").create_load_balancer(Name=name, Subnets=subnets, **params)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


@pytest.mark.parametrize("name", ["x" * 33, "-edge", "edge-", "edge_1", "internal-edge"])
def test_a_name_that_elb_cannot_take_is_refused(subnets: list[str], name: str) -> None:
    create = boto3.client("elbv2").create_load_balancer
    assert refused(create, Name=name, Subnets=subnets[1:]) == "ValidationError"


def test_a_load_balancer_stands_in_two_zones_at_least_with_one_subnet_in_each(
    subnets: list[str],
) -> None:
    create = boto3.client("elbv2").create_load_balancer
    assert refused(create, Name="edge", Subnets=subnets[:1]) == "ValidationError"
    assert refused(create, Name="edge", Subnets=subnets) == "InvalidConfigurationRequest"
    assert refused(create, Name="edge", Subnets=["subnet-1", subnets[2]]) == "SubnetNotFound"


def test_a_name_is_taken_once_and_asking_for_the_same_again_makes_no_second_one(
    subnets: list[str],
) -> None:
    elb = boto3.client("elbv2")
    first = balancer("edge", subnets[1:])
    assert balancer("edge", subnets[1:]) == first
    again = {"Name": "edge", "Subnets": subnets[1:], "Scheme": "internal"}
    assert refused(elb.create_load_balancer, **again) == "DuplicateLoadBalancerName"
    assert len(elb.describe_load_balancers()["LoadBalancers"]) == 1


def test_a_protected_load_balancer_is_not_deleted_until_the_protection_is_off(
    subnets: list[str],
) -> None:
    elb = boto3.client("elbv2")
    arn = balancer("edge", subnets[1:])

    def protect(value: str) -> None:
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": value}]
        )

    protect("true")
    assert refused(elb.delete_load_balancer, LoadBalancerArn=arn) == "OperationNotPermitted"
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=arn)
    assert elb.describe_load_balancers()["LoadBalancers"] == []


def let_elb_write(condition: dict[str, Any]) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/edge/AWSLogs/{ACCOUNT}/*",
        "Condition": condition,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    boto3.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def encrypt(algorithm: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    boto3.client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def test_access_logs_need_a_bucket_that_elb_may_write_to(subnets: list[str]) -> None:
    s3, arn = boto3.client("s3"), balancer("edge", subnets[1:])
    turn_on = boto3.client("elbv2").modify_load_balancer_attributes
    attributes = {"bucket": BUCKET, "prefix": "edge", "enabled": "true"}
    params = {
        "LoadBalancerArn": arn,
        "Attributes": [
            {"Key": f"access_logs.s3.{key}", "Value": value} for key, value in attributes.items()
        ],
    }
    ours = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

    assert refused(turn_on, **params) == "InvalidConfigurationRequest"  # no bucket
    s3.create_bucket(Bucket=BUCKET)
    assert refused(turn_on, **params) == "InvalidConfigurationRequest"  # no policy
    let_elb_write({"StringEquals": {"aws:SourceAccount": "210987654321"}})
    assert refused(turn_on, **params) == "InvalidConfigurationRequest"  # not for this account
    let_elb_write(ours)
    encrypt("aws:kms")
    assert refused(turn_on, **params) == "InvalidConfigurationRequest"  # a key ELB can't use
    encrypt("AES256")
    turn_on(**params)
    (written,) = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert written["Key"] == f"edge/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"


def test_access_logs_stay_in_their_region(subnets: list[str]) -> None:
    boto3.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    let_elb_write({})
    params = {
        "LoadBalancerArn": balancer("edge", subnets[1:]),
        "Attributes": [
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": BUCKET},
            {"Key": "access_logs.s3.prefix", "Value": "edge"},
        ],
    }
    turn_on = boto3.client("elbv2").modify_load_balancer_attributes
    assert refused(turn_on, **params) == "InvalidConfigurationRequest"

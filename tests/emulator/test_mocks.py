"""A program deploys into moto without the engine, through the same rows."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path

import boto3
import pulumi
import pytest
from moto import mock_aws
from pulumi.runtime import MockResourceArgs

import stack_config
from emulator import correction, corrections
from emulator.clock import CLOCK
from emulator.mocks import AccountMocks, InputRefusedError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountMocks]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert corrections  # imported for what it registers
    correction.apply()
    CLOCK.set_speed(6000)
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        mocks = AccountMocks(boto3.client)
        pulumi.runtime.set_mocks(mocks, project="arbor", stack="staging", preview=False)
        yield mocks
    CLOCK.set_speed(0)


def test_the_whole_program_comes_up_in_moto(account: AccountMocks) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK gives it no types
    def deploy() -> None:
        stack_config.use("staging")
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    deploy()

    (service,) = boto3.client("ecs").describe_services(
        cluster="arbor-staging-cluster", services=["arbor-staging-backend"]
    )["services"]
    assert service["runningCount"] == service["desiredCount"] > 0
    value = boto3.client("secretsmanager").get_secret_value(SecretId="arbor/staging/db")
    assert set(json.loads(value["SecretString"])) == {"username", "password"}
    subnets = boto3.client("ec2").describe_subnets()["Subnets"]
    made = account.created["network-vpc-private-1::aws:ec2/subnet:Subnet"]["id"]
    assert made in {subnet["SubnetId"] for subnet in subnets}


def test_an_input_that_no_row_carries_is_refused(account: AccountMocks) -> None:
    key = MockResourceArgs(
        typ="aws:kms/key:Key", name="key", inputs={"customKeyStoreId": "store"}, custom=True
    )
    with pytest.raises(InputRefusedError, match="an input `customKeyStoreId` that is not emulated"):
        account.new_resource(key)
    assert account.created == {}

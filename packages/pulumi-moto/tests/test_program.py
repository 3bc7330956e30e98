"""A small program goes through the real engine: up, no change, a change, a refusal, destroy.

The `pulumi` CLI is the one on PATH, or `bin/pulumi` below the directory in PULUMI_CLI_ROOT.
"""

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from account_process import account_process

ROOT = Path(os.environ.get("PULUMI_CLI_ROOT", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not (ROOT / "bin" / "pulumi").is_file() and shutil.which("pulumi") is None,
    reason="no pulumi CLI: put it on PATH, or set PULUMI_CLI_ROOT to the directory with bin/pulumi",
)
Program = Callable[[], None]
Open = Callable[[Program], automation.Stack]


def program(*, retention_days: int = 7) -> Program:
    """A VPC with a subnet, a bucket and a log group."""

    def declare() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        subnet = aws.ec2.Subnet(
            "subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", availability_zone="us-east-1a"
        )
        bucket = aws.s3.Bucket("bucket", force_destroy=True)
        aws.cloudwatch.LogGroup("logs", name="/shop/logs", retention_in_days=retention_days)
        pulumi.export("subnet", subnet.id)
        pulumi.export("bucket", bucket.bucket)

    return declare


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    with account_process() as environment:
        yield environment


@pytest.fixture
def client(account: dict[str, str]) -> Callable[[str], Any]:
    def of(service: str) -> Any:
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        return session.client(service, endpoint_url=account["AWS_ENDPOINT_URL"])

    return of


@pytest.fixture
def stack(
    account: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Open the test's own stack with a program; what is left in it is destroyed."""
    opened: list[automation.Stack] = []
    command = (
        automation.PulumiCommand(root=str(ROOT), skip_version_check=True)
        if (ROOT / "bin" / "pulumi").is_file()
        else automation.PulumiCommand(skip_version_check=True)
    )

    def open_with(declare: Program) -> automation.Stack:
        made = automation.create_or_select_stack(
            request.node.name,
            project_name="shop",
            program=declare,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(tmp_path),
                pulumi_command=command,
                env_vars={**account, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            ),
        )
        opened.append(made)
        return made

    yield open_with
    opened[-1].destroy()
    # An `up` that fails leaves a coroutine. Python 3.11 breaks when it collects one while it parses
    # a module, so collect it now.
    gc.collect()


def queue() -> None:
    aws.sqs.Queue("queue")


def dedicated_vpc() -> None:
    aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", instance_tenancy="dedicated")


def look_up() -> None:
    aws.get_caller_identity()


def changes(result: automation.UpResult | automation.DestroyResult) -> dict[str, int]:
    """How often each operation ran; without what stayed the same."""
    counted = Counter(result.summary.resource_changes or {})
    return {op: number for op, number in counted.items() if op != "same"}


def test_a_program_comes_up_and_a_second_up_changes_nothing(
    stack: Open, client: Callable[[str], Any]
) -> None:
    opened = stack(program())
    first = opened.up()
    assert changes(first) == {"create": 5}  # with the stack itself
    (subnet,) = client("ec2").describe_subnets(SubnetIds=[first.outputs["subnet"].value])["Subnets"]
    assert subnet["CidrBlock"] == "10.0.0.0/24"
    assert client("s3").head_bucket(Bucket=first.outputs["bucket"].value)
    assert changes(opened.up()) == {}


def test_a_changed_input_is_an_update_and_destroy_deletes_everything(
    stack: Open, client: Callable[[str], Any]
) -> None:
    stack(program()).up()
    opened = stack(program(retention_days=30))
    assert changes(opened.up()) == {"update": 1}
    (group,) = client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 30
    assert changes(opened.destroy()) == {"delete": 5}
    assert client("logs").describe_log_groups()["logGroups"] == []


def test_a_type_without_a_row_is_refused_by_name(stack: Open) -> None:
    opened = stack(queue)
    with pytest.raises(automation.CommandError) as refused:
        opened.up()
    assert "aws:sqs/queue:Queue is not emulated" in str(refused.value)
    assert "pulumi_moto/services/" in str(refused.value)


def test_an_input_that_a_row_does_not_carry_is_refused_by_name(stack: Open) -> None:
    opened = stack(dedicated_vpc)
    with pytest.raises(automation.CommandError) as refused:
        opened.up()
    assert "has an input `instanceTenancy` that is not emulated" in str(refused.value)


def test_a_look_up_is_refused_because_a_preview_makes_no_call(stack: Open) -> None:
    opened = stack(look_up)
    with pytest.raises(automation.CommandError) as refused:
        opened.preview()
    assert "is a look-up" in str(refused.value)

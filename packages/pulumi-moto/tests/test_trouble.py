"""Injected failures of writes, in the call's protocol."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from account_process import account_process, control, copy_of
from pulumi_moto import remote

Write = Callable[[Callable[[str], Any]], object]


@pytest.fixture(scope="module")
def pristine() -> Iterator[str]:
    with account_process() as environment:
        yield environment["AWS_ENDPOINT_URL"]


@pytest.fixture
def endpoint(pristine: str) -> str:
    return copy_of(pristine)


WRITES: dict[str, Write] = {
    "json": lambda client: client("ecs").create_cluster(clusterName="c"),
    "query": lambda client: client("iam").create_user(UserName="u"),
    "ec2": lambda client: client("ec2").create_vpc(CidrBlock="10.0.0.0/16"),
    "s3": lambda client: client("s3").create_bucket(Bucket="b-0001"),
    "rest-xml": lambda client: client("route53").create_hosted_zone(
        Name="example.com", CallerReference="r"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_the_write_that_was_named_is_throttled_and_no_other(endpoint: str, write: Write) -> None:
    client = remote.clients(endpoint, "us-east-1")
    control(endpoint, "trouble", kind="throttled", at=2)
    client("sqs").create_queue(QueueName="first")
    client("ecs").list_clusters()
    with pytest.raises(ClientError, match="ThrottlingException"):
        write(client)
    assert control(endpoint, "trouble")["met"]
    write(client)


def test_a_write_hangs_until_it_is_let_go_and_took_no_effect(endpoint: str) -> None:
    client = remote.clients(endpoint, "us-east-1")
    control(endpoint, "trouble", kind="hangs", at=1)
    raised: list[Exception] = []

    def make() -> None:
        try:
            client("ecs").create_cluster(clusterName="c")
        except ClientError as error:
            raised.append(error)

    making = threading.Thread(target=make)
    making.start()
    while not control(endpoint, "trouble")["met"]:
        time.sleep(0.01)
    assert client("ecs").list_clusters()["clusterArns"] == []
    assert making.is_alive()
    control(endpoint, "trouble", at=0)
    making.join(timeout=30)
    assert "ServiceUnavailable" in str(raised)
    assert client("ecs").list_clusters()["clusterArns"] == []

"""An emulated account for the tests of bootstrap: recorded writes, and a process that dies."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.iam import aws_managed_policies, models

from access import trust as ci_documents
from arbor.procedure import Run, Step
from arbor_names import naming
from pipeline.bootstrap import plan, stack_account
from pulumi_moto import correction
from pulumi_moto.clock import CLOCK

STACK, ACCOUNT, REGION = "production", "123456789012", "us-east-1"
BUCKET, ALIAS = "arbor-pulumi-state-123456789012", "alias/arbor-pulumi-state"
STACK_ALIAS = "alias/arbor-production-pulumi-state"
ROLE = "arbor-production-ci-bootstrap"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ci_documents.ISSUER}"
SERVICES = ("iam", "kms", "s3", "sts")
READS = ("Get", "List", "Head", "Describe")
Client = Any


class Killed(BaseException):
    """The process has ended: nothing catches this."""


@cache
def made_client(service: str, region: str, whose: str) -> Client:
    """One client for all tests: making one takes longer than most tests."""
    assert whose
    return boto3.Session("testing", "testing", region_name=region).client(service)


def client(service: str, region: str = REGION) -> Client:
    """The test's own client, for changes outside bootstrap."""
    return made_client(service, region, "test")


def noted_client(service: str, region: str = REGION) -> Client:
    """The client whose writes are recorded."""
    return made_client(service, region, "pipeline")


@cache
def attachable() -> str:
    """AWS's managed policies that are attached here; moto takes a second to load all."""
    names = ("AdministratorAccess", "PowerUserAccess")
    known = json.loads(aws_managed_policies.aws_managed_policies_data)
    return json.dumps({name: known[name] for name in names})


class Account:
    """The recorded writes, and the write at which the process dies."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.dies_after: int | None = None

    def note(self, model: Any, **_: object) -> None:
        if not model.name.startswith(READS):
            self.writes.append(model.name)
            if len(self.writes) == self.dies_after:
                raise Killed

    def account_of(self, stack: str = STACK) -> stack_account.StackAccount:
        return stack_account.of_stack(stack, lambda region: partial(noted_client, region=region))

    def left(self) -> list[str]:
        return [step.action for step in plan.to_make(self.account_of())]

    def bootstrap(self) -> None:
        execute(plan.to_make(self.account_of()))

    def retire(self) -> None:
        execute(plan.to_retire(self.account_of()))


def execute(steps: list[Step]) -> None:
    Run(say=lambda _: None, sleep=lambda _: None).execute(steps)


@contextmanager
def fresh_account() -> Iterator[Account]:
    """A fresh account."""
    correction.apply()
    CLOCK.set_speed(0)
    policies = mock.patch.object(models, "aws_managed_policies_data", attachable())
    with policies, mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        made = Account()
        for service in SERVICES:
            noted_client(service).meta.events.register("after-call", made.note)
        yield made
        for service in SERVICES:
            noted_client(service).meta.events.unregister("after-call", made.note)


def key(alias: str = ALIAS) -> str:
    return str(client("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"])


def role() -> dict[str, Any]:
    found: dict[str, Any] = client("iam").get_role(RoleName=ROLE)["Role"]
    return found


def tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair.get("Key", pair.get("TagKey", "")): list(pair.values())[1] for pair in pairs}


def deployed() -> None:
    """Create the deploy roles, as an `up` of the stack does."""
    client("iam").create_role(
        RoleName=naming.ci_deploy_role(STACK),
        AssumeRolePolicyDocument=ci_documents.trust(PROVIDER, ["repo:a/b:environment:x"]),
    )


def retag_bucket() -> None:
    client("s3").put_bucket_tagging(
        Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Team", "Value": "a"}]}
    )


@contextmanager
def answering(event: str, handler: Callable[..., None]) -> Iterator[None]:
    """Within the block, AWS answers the pipeline like this."""
    events = noted_client(event.split(".")[1]).meta.events
    events.register(event, handler)
    try:
        yield
    finally:
        events.unregister(event, handler)


def denied(model: Any, **_: object) -> None:
    error = {"Code": "AccessDenied", "Message": f"not authorized to perform: {model.name}"}
    raise ClientError({"Error": error}, model.name)

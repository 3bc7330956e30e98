"""Elastic Load Balancing: refused load balancers and access logs."""

import json
import re
from typing import Any

from moto.ec2.exceptions import InvalidSubnetIdError
from moto.elbv2.exceptions import ELBClientError, SubnetNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeBucket, s3_backends

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.resource_policy import Attempt, allows
from pulumi_moto.shapes import Members

NAME = re.compile(r"(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}")
FEWEST_ZONES = 2
OPEN = "internet-facing"
LOG_WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"


@corrects(
    ELBv2Backend,
    moto="accepts any name, duplicates, and subnets of one zone",
    aws="accepts 32 characters, each name once, and one subnet in each of two or more zones; "
    "returns the existing load balancer for an identical request",
)
def create_load_balancer(
    original: Replacement, self: ELBv2Backend, name: str, *args: object, **params: Any
) -> FakeLoadBalancer:
    _refuse_name(name)
    if params.get("loadbalancer_type") in (None, "application"):
        mappings = params.get("subnet_mappings") or []
        _refuse_subnets(self, [*params["subnet_ids"], *(m["SubnetId"] for m in mappings)])
    for there in self.load_balancers.values():
        if there.name == name:
            return _existing(there, params)
    made: FakeLoadBalancer = original(self, name, *args, **params)
    return made


def _refuse_name(name: str) -> None:
    if NAME.fullmatch(name) is None or name.startswith("internal-"):
        reason = (
            "cannot be longer than '32' characters"
            if len(name) > 32  # noqa: PLR2004 - the limit in the message
            else "can only contain alphanumeric characters and hyphens, must not begin or end with "
            "a hyphen and must not begin with 'internal-'"
        )
        raise ELBClientError("ValidationError", f"The load balancer name '{name}' {reason}")


def _refuse_subnets(self: ELBv2Backend, subnet_ids: list[str]) -> None:
    try:
        zones = [self.ec2_backend.get_subnet(subnet).availability_zone for subnet in subnet_ids]
    except InvalidSubnetIdError:
        raise SubnetNotFoundError from None
    if len(zones) != len(set(zones)):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len(zones) < FEWEST_ZONES:
        raise ELBClientError(
            "ValidationError",
            "At least two subnets in two different Availability Zones must be specified",
        )


def _existing(there: FakeLoadBalancer, params: Members) -> FakeLoadBalancer:
    same = (
        {subnet.id for subnet in there.subnets} == set(params["subnet_ids"])
        and set(there.security_groups or []) == set(params.get("security_groups") or [])
        and (there.scheme or OPEN) == (params.get("scheme") or OPEN)
    )
    if same:
        return there
    raise ELBClientError(
        "DuplicateLoadBalancerName",
        f"A load balancer with the same name '{there.name}' exists, but with different settings",
    )


@corrects(
    ELBv2Backend,
    moto="deletes a load balancer under deletion protection",
    aws="refuses it with OperationNotPermitted",
)
def delete_load_balancer(original: Replacement, self: ELBv2Backend, arn: str) -> None:
    balancer = self.load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    original(self, arn)


@corrects(
    ELBv2Backend,
    moto="turns access logs on for any bucket",
    aws="writes a test object first; refuses a bucket whose policy denies that, in another region, "
    "or encrypted with a KMS key",
)
def modify_load_balancer_attributes(
    original: Replacement, self: ELBv2Backend, arn: str, attrs: Members
) -> Members:
    balancer = self.load_balancers.get(arn)
    if balancer is not None:
        wanted = {**balancer.attrs, **attrs}
        touched = any(key.startswith("access_logs.") for key in attrs)
        if touched and wanted.get("access_logs.s3.enabled") == "true":
            _write_test_object(self, arn, wanted)
    changed: Members = original(self, arn, attrs)
    return changed


def _write_test_object(self: ELBv2Backend, arn: str, attributes: Members) -> None:
    name, prefix = attributes["access_logs.s3.bucket"], attributes.get("access_logs.s3.prefix")
    s3 = s3_backends[self.account_id][self.partition]
    try:
        bucket: FakeBucket = s3.get_bucket(name)
    except MissingBucket:
        raise ELBClientError(
            "InvalidConfigurationRequest", f"S3 bucket '{name}' does not exist"
        ) from None
    if bucket.region_name != self.region_name:
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"S3 bucket '{name}' is in {bucket.region_name}, not in {self.region_name}",
        )
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    key = f"{folder}/{self.account_id}/ELBAccessLogTestFile"
    attempt = Attempt(
        service=LOG_WRITER,
        action="s3:PutObject",
        resource=f"{bucket.arn}/{key}",
        context={
            "aws:SourceAccount": self.account_id,
            "aws:SourceArn": arn,
            "aws:SecureTransport": "true",
            "s3:x-amz-acl": "bucket-owner-full-control",
        },
    )
    if not allows(json.loads(bucket.policy or "{}"), attempt) or _uses_kms(bucket):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"Access Denied for bucket: {name}. Please check S3bucket permission",
        )
    s3.put_object(name, key, b"")


def _uses_kms(bucket: FakeBucket) -> bool:
    return "aws:kms" in json.dumps(bucket.encryption or {}, default=str)

"""S3: refused bucket policies, their conditions, and public access blocks."""

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3.responses import S3Response

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.resource_policy import Document, conditions_hold, like, listed

VERSIONS = ("2008-10-17", "2012-10-17")
TOP_ELEMENTS = {"Version", "Id", "Statement"}
OF_OBJECTS = {
    "s3:abortmultipartupload",
    "s3:bypassgovernanceretention",
    "s3:listmultipartuploadparts",
    "s3:restoreobject",
}
BUCKET_ARN = re.compile(r"arn:aws[a-z-]*:s3:::(?P<bucket>[^/]+)(?P<key>/.*)?")
PRINCIPALS = {
    "AWS": re.compile(r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|A[A-Z0-9]{15,}"),
    "Service": re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?"),
    "Federated": re.compile(r".+"),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
}

NARROWS = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status"""
MATCHES = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
REQUEST = {"aws:SecureTransport": "true"}
"""The condition keys of each request. The account serves HTTP on the loopback interface, which
other machines can't read or change. So each request counts as one over TLS, and a policy that
denies plain HTTP denies none."""
BROADEST = {4: 8, 6: 32}
"""Prefix lengths of IPv4 and IPv6: a shorter one counts as public."""


def _malformed(sentence: str) -> S3ClientError:
    return S3ClientError("MalformedPolicy", sentence)


def _statements(policy: Document) -> list[Any]:
    return listed(policy["Statement"])


def _parsed(text: str) -> Document:
    if not text.startswith("{"):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    try:
        policy: Document = json.loads(text)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    for element in policy.keys() - TOP_ELEMENTS:
        raise _malformed(f"Unknown field {element}")
    if policy.get("Version", VERSIONS[0]) not in VERSIONS:
        raise _malformed("The policy must contain a valid version string")
    if "Statement" not in policy:
        raise _malformed("Missing required field Statement")
    if not _statements(policy):
        raise _malformed("Could not parse the policy: Statement is empty!")
    return policy


def _refuse_malformed(statement: object, bucket: str) -> None:
    if not isinstance(statement, dict):
        raise _malformed("Invalid policy syntax.")
    for element, but in (
        ("Effect", ""),
        ("Principal", "Not"),
        ("Action", "Not"),
        ("Resource", "Not"),
    ):
        if element not in statement and f"{but}{element}" not in statement:
            raise _malformed(f"Missing required field {element}")
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise _malformed(f"Invalid effect: {statement['Effect']}")
    _refuse_principal(statement.get("Principal", statement.get("NotPrincipal")))
    actions = listed(statement.get("Action", statement.get("NotAction")))
    for action in actions:
        if action != "*" and not str(action).lower().startswith("s3:"):
            raise _malformed("Policy has invalid action")
    resources = listed(statement.get("Resource", statement.get("NotResource")))
    for resource in resources:
        if resource != "*" and not _of(bucket, str(resource)):
            raise _malformed("Policy has invalid resource")
    if not all(_applies(str(action), resources) for action in actions):
        raise _malformed("Action does not apply to any resource(s) in statement")


def _refuse_principal(principal: object) -> None:
    if principal == "*":
        return
    if not principal:
        raise _malformed("Missing required field Principal cannot be empty!")
    if not isinstance(principal, dict) or principal.keys() - PRINCIPALS.keys():
        raise _malformed("Invalid principal in policy")
    for kind, names in principal.items():
        if not listed(names) or not all(PRINCIPALS[kind].fullmatch(n) for n in listed(names)):
            raise _malformed("Invalid principal in policy")


def _of(bucket: str, resource: str) -> bool:
    found = BUCKET_ARN.fullmatch(resource)
    return found is not None and like(found["bucket"], bucket)


def _applies(action: str, resources: list[str]) -> bool:
    """Return whether a resource fits: an object for an object's action, a bucket for a bucket's."""
    name = action.lower()
    if "*" in name or "?" in name:
        return True
    object_action = name in OF_OBJECTS or ("object" in name and "bucket" not in name)
    if object_action:
        return any("/" in resource or resource.endswith("*") for resource in resources)
    return any("/" not in resource or resource == "*" for resource in resources)


def is_public(policy: Document) -> bool:
    """Return whether S3 counts the policy as public.

    It allows any principal, without a condition on a fixed account, network or caller.
    """
    return any(
        statement["Effect"] == "Allow"
        and _for_any_principal(statement)
        and not any(_narrows(*condition) for condition in _conditions(statement))
        for statement in _statements(policy)
    )


def _for_any_principal(statement: Document) -> bool:
    principal = statement.get("Principal", "*")  # NotPrincipal: all principals except some
    return principal == "*" or "*" in listed(principal.get("AWS", []))


def _conditions(statement: Document) -> Iterator[tuple[str, str, list[Any]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator.removeprefix("ForAnyValue:"), key.lower(), listed(values)


def _narrows(operator: str, key: str, values: list[Any]) -> bool:
    if key not in NARROWS or not values:
        return False
    if operator == "IpAddress":
        return all(_narrow(str(value)) for value in values)
    return operator in MATCHES and not any(
        wild in str(value) for value in values for wild in ("*", "?", "${")
    )


def _narrow(block: str) -> bool:
    network = ipaddress.ip_network(block, strict=False)
    return network.is_private or network.prefixlen >= BROADEST[network.version]


@corrects(
    S3Response,
    "_bucket_response",
    call="s3.head_bucket, s3.put_bucket_policy and every other call on a bucket",
    moto="ignores ExpectedBucketOwner",
    aws="refuses it with 403 if the bucket belongs to another account",
)
def bucket_response(
    original: Replacement, self: S3Response, request: Any, full_url: str
) -> str | TYPE_RESPONSE:
    expected = request.headers.get("x-amz-expected-bucket-owner")
    name = self.parse_bucket_name_from_url(request, full_url)
    _partition, owner = s3_backends.bucket_accounts.get(name, ("", expected))
    if expected and owner != expected:
        if request.method == "HEAD":  # without a body
            return 403, {}, ""
        raise S3ClientError("AccessDenied", "Access Denied")
    answer: str | TYPE_RESPONSE = original(self, request, full_url)
    return answer


@corrects(
    S3Backend,
    moto="allows public access until a public access block is put",
    aws="blocks all public access for a new bucket (since April 2023)",
)
def create_bucket(
    original: Replacement, self: S3Backend, *args: object, **kwargs: object
) -> FakeBucket:
    bucket: FakeBucket = original(self, *args, **kwargs)
    bucket.public_access_block = PublicAccessBlock(
        block_public_acls="true",
        ignore_public_acls="true",
        block_public_policy="true",
        restrict_public_buckets="true",
    )
    return bucket


@corrects(
    S3Backend,
    moto="accepts any bytes",
    aws="refuses a malformed policy, one of another bucket, and a public one while the bucket "
    "blocks public policies",
)
def put_bucket_policy(
    original: Replacement, self: S3Backend, bucket_name: str, policy: bytes
) -> None:
    bucket = self.get_bucket(bucket_name)
    document = _parsed(policy.decode())
    for statement in _statements(document):
        _refuse_malformed(statement, bucket_name)
    block = bucket.public_access_block
    if block and block.block_public_policy and is_public(document):
        raise S3ClientError(
            "AccessDenied",
            f"User: arn:aws:sts::{self.account_id}:user/moto is not authorized to perform: "
            f's3:PutBucketPolicy on resource: "arn:aws:s3:::{bucket_name}" because public '
            "policies are blocked by the BlockPublicPolicy block public access setting.",
        )
    original(self, bucket_name, policy)


@corrects(
    FakeBucket,
    "get_permission",
    call="s3.get_object",
    moto="ignores the conditions of a bucket policy",
    aws="applies a statement only if its conditions hold",
)
def by_conditions(
    _original: Replacement, self: FakeBucket, action: str, resource: str
) -> PermissionResult:
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy: Document = json.loads(self.policy)
    kept = [one for statement in _statements(policy) for one in _as_judged(statement)]
    return IAMPolicy(json.dumps({**policy, "Statement": kept})).is_action_permitted(
        action, resource
    )


def _as_judged(statement: Document) -> Iterator[Document]:
    """Yield the statement without its conditions if they hold; otherwise nothing."""
    try:
        holds = conditions_hold(statement, REQUEST)
    except NotImplementedError:
        yield statement
        return
    if holds:
        yield {key: value for key, value in statement.items() if key != "Condition"}

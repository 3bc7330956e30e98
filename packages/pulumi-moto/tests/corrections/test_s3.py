"""S3: which bucket policies are refused, and why."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

BUCKET = "shop-exports"
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"
SERVICE = {"Service": "logs.us-east-1.amazonaws.com"}

Client = Any


@pytest.fixture
def s3() -> Client:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def allow(**changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": SERVICE,
        "Action": "s3:PutObject",
        "Resource": OBJECTS,
        **changes,
    }
    return {key: value for key, value in statement.items() if value is not None}


def put(s3: Client, *statements: Any, **top: Any) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements), **top}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def everybody(operator: str | None = None, **keys: Any) -> dict[str, Any]:
    named = {key.replace("_", ":", 1): value for key, value in keys.items()}
    return allow(Principal="*", Condition={operator: named} if operator else None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "the first byte must be '{'"),
        (' {"Statement": []}', "the first byte must be '{'"),
        ("{", "contains invalid Json"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": []}', "Statement is empty!"),
        ('{"Statment": []}', "Unknown field Statment"),
        ('{"Version": "2024-01-01", "Statement": []}', "must contain a valid version string"),
        ('{"Statement": "all"}', "Invalid policy syntax"),
    ],
)
def test_a_text_that_is_no_policy_is_malformed(s3: Client, text: str, sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=text)
    assert refusal.value.response["Error"]["Code"] == "MalformedPolicy"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Effect": None}, "Missing required field Effect"),
        ({"Effect": "allow"}, "Invalid effect: allow"),
        ({"Principal": None}, "Missing required field Principal"),
        ({"Principal": {}}, "Missing required field Principal cannot be empty!"),
        ({"Principal": "me"}, "Invalid principal in policy"),
        ({"Principal": {"User": "me"}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, "Invalid principal in policy"),
        ({"Principal": {"AWS": []}}, "Invalid principal in policy"),
        ({"Principal": {"Service": "logs"}}, "Invalid principal in policy"),
        ({"Action": None}, "Missing required field Action"),
        ({"Action": "logs:PutObject"}, "Policy has invalid action"),
        ({"Resource": None}, "Missing required field Resource"),
        ({"Resource": "arn:aws:s3:::another/*"}, "Policy has invalid resource"),
        ({"Resource": "shop-exports/*"}, "Policy has invalid resource"),
        ({"Resource": f"arn:aws:s3:::{BUCKET}"}, "does not apply to any resource"),
        ({"Action": ["s3:PutObject", "s3:GetBucketAcl"]}, "does not apply to any resource"),
    ],
)
def test_a_statement_that_is_malformed_is_refused_and_nothing_is_kept(
    s3: Client, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        put(s3, allow(), allow(**changes))
    assert refusal.value.response["Error"]["Code"] == "MalformedPolicy"
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=BUCKET)


def test_valid_policies_are_kept(s3: Client) -> None:
    put(
        s3,
        allow(),
        allow(Action=["s3:Get*", "s3:ListBucket"], Resource=[OBJECTS, OBJECTS[:-2]]),
        allow(Principal={"AWS": ["123456789012", "arn:aws:iam::123456789012:root"]}),
        allow(Resource="arn:aws:s3:::shop-*/logs/*"),
        allow(Effect="Deny", Principal="*", Action="s3:*", Resource=[OBJECTS, OBJECTS[:-2]]),
    )
    assert len(json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]) == 5


PUBLIC = [
    everybody(),
    allow(Principal={"AWS": ["*"]}),
    allow(Principal=None, NotPrincipal={"AWS": "123456789012"}),
    everybody("Bool", aws_SecureTransport="true"),
    everybody("StringNotEquals", aws_SourceVpc="vpc-1"),
    everybody("StringEqualsIfExists", aws_SourceVpc="vpc-1"),
    everybody("StringLike", aws_SourceVpc="vpc-*"),
    everybody("StringEquals", aws_SourceVpc=["vpc-1", "${aws:SourceVpc}"]),
    everybody("StringLike", aws_Referer="https://shop.example/"),
    everybody("IpAddress", aws_SourceIp=["8.8.8.8/32", "0.0.0.0/1"]),
]
NOT_PUBLIC = [
    allow(),
    everybody("StringEquals", aws_PrincipalOrgID="o-shop"),
    everybody("StringEquals", AWS_sourceaccount="123456789012"),
    everybody("ArnLike", aws_SourceArn="arn:aws:logs:us-east-1:123456789012:log-group:x"),
    everybody("ForAnyValue:StringEquals", aws_SourceVpce=["vpce-1", "vpce-2"]),
    everybody("IpAddress", aws_SourceIp=["8.0.0.0/8", "10.0.0.0/8"]),
    {**everybody(), "Effect": "Deny"},
]


@pytest.mark.parametrize("statement", PUBLIC, ids=str)
def test_a_public_policy_is_denied_until_the_block_is_lifted(
    s3: Client, statement: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="are blocked by the BlockPublicPolicy") as refusal:
        put(s3, statement)
    assert refusal.value.response["Error"]["Code"] == "AccessDenied"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    s3.delete_public_access_block(Bucket=BUCKET)
    put(s3, statement)


@pytest.mark.parametrize("statement", NOT_PUBLIC, ids=str)
def test_a_policy_that_names_a_caller_or_a_network_is_not_blocked(
    s3: Client, statement: dict[str, Any]
) -> None:
    put(s3, statement)
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"] == [statement]


def test_a_new_bucket_blocks_the_public(s3: Client) -> None:
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(block, True)
    assert len(block) == 4


def test_a_bucket_is_deleted_only_without_object_versions(s3: Client) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="log", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="log")
    while True:
        found = s3.list_object_versions(Bucket=BUCKET)
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        if not versions:
            break
        with pytest.raises(ClientError, match="BucketNotEmpty"):
            s3.delete_bucket(Bucket=BUCKET)
        s3.delete_object(Bucket=BUCKET, Key="log", VersionId=versions[0]["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("code", ["403", "AccessDenied"])
def test_a_bucket_of_another_owner_than_expected_is_refused(s3: Client, code: str) -> None:
    ask = s3.head_bucket if code == "403" else s3.get_bucket_versioning
    ask(Bucket=BUCKET, ExpectedBucketOwner="123456789012")
    with pytest.raises(ClientError) as refusal:
        ask(Bucket=BUCKET, ExpectedBucketOwner="210987654321")
    assert refusal.value.response["Error"]["Code"] == code
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_missing_bucket_has_no_owner(s3: Client) -> None:
    with pytest.raises(ClientError) as missing:
        s3.head_bucket(Bucket="none", ExpectedBucketOwner="123456789012")
    assert missing.value.response["Error"]["Code"] == "404"


def deny(operator: str, **keys: Any) -> dict[str, Any]:
    return {**everybody(operator, **keys), "Effect": "Deny", "Action": "s3:*"}


def test_a_policy_that_refuses_plain_http_refuses_no_request_of_this_machine(s3: Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="state", Body=b"1")
    put(s3, deny("Bool", aws_SecureTransport="false"))
    assert s3.get_object(Bucket=BUCKET, Key="state")["Body"].read() == b"1"
    s3.put_object(Bucket=BUCKET, Key="state", Body=b"2")


def test_a_policy_denies_a_matching_request(s3: Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="state", Body=b"1")
    put(s3, deny("Bool", aws_SecureTransport="true"))
    with pytest.raises(ClientError, match="Forbidden"):
        s3.get_object(Bucket=BUCKET, Key="state")

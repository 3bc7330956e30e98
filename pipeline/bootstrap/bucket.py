"""The bucket of the state, which `pulumi login` names."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import ci_documents
from operations.procedure import Refused, Step
from pipeline.bootstrap import key
from pipeline.bootstrap.place import MADE_BY, Place, code, same

TAGS = {**MADE_BY, "Component": "state"}
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)
OWNER = "BucketOwnerEnforced"
FIRST_REGION = "us-east-1"
"""A bucket there names no location."""
UNSET = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
Answer = dict[str, Any]


def refuse(place: Place) -> None:
    """Raises Refused for a bucket of that name that can't be the state's."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    name = place.pipeline.state_bucket
    try:
        region = _head(place)
    except ClientError as error:
        if code(error) != "403":
            raise
        raise Refused(
            f"the bucket {name} belongs to another account, or these credentials may not look "
            "at it (s3:ListBucket); nobody's state may lie in a bucket of somebody else."
        ) from error
    if region not in {None, place.region}:
        raise Refused(
            f"the bucket {name} lies in {region}, and aws:region in Pulumi.{place.stack}.yaml is "
            f"{place.region}, where its key is; empty and delete it, or move the stack."
        )


def steps(place: Place) -> Iterator[Step]:
    """Everything that must hold of the bucket, in the order in which it can be made to."""
    name = place.pipeline.state_bucket
    s3 = place.client("s3")
    of_ours: Answer = {"Bucket": name, "ExpectedBucketOwner": place.account_id}
    location = {"LocationConstraint": place.region}
    elsewhere = {"CreateBucketConfiguration": location} if place.region != FIRST_REGION else {}

    def read(ask: Callable[..., Answer]) -> Answer:
        return _read(ask, of_ours)

    def step(
        says: str, do: Callable[[], object], look: Callable[[], bool], *, made_so: bool = False
    ) -> Step:
        """`made_so`: a bucket that isn't there yet will be like that from the start."""
        return Step(
            says=says,
            do=do,
            took_effect=lambda: made_so if _head(place) is None else look(),
        )

    yield step(
        f"make the bucket {name}",
        lambda: s3.create_bucket(Bucket=name, ObjectOwnership=OWNER, **elsewhere),
        lambda: True,
    )
    yield step(
        f"block public access to {name}",
        lambda: s3.put_public_access_block(**of_ours, PublicAccessBlockConfiguration=CLOSED),
        lambda: read(s3.get_public_access_block).get("PublicAccessBlockConfiguration") == CLOSED,
    )
    yield step(
        f"switch access lists off in {name}",
        lambda: s3.put_bucket_ownership_controls(
            **of_ours, OwnershipControls={"Rules": [{"ObjectOwnership": OWNER}]}
        ),
        lambda: _owner(read(s3.get_bucket_ownership_controls)) == OWNER,
        made_so=True,
    )
    yield step(
        f"let {name} refuse requests without TLS",
        lambda: s3.put_bucket_policy(
            **of_ours, Policy=_with_tls(name, _policy(read(s3.get_bucket_policy)))
        ),
        lambda: _refuses_plain(name, _policy(read(s3.get_bucket_policy))),
    )
    yield step(
        f"encrypt {name} with {key.ALIAS}",
        lambda: s3.put_bucket_encryption(
            **of_ours, ServerSideEncryptionConfiguration={"Rules": [_encryption(place)]}
        ),
        lambda: _rules(read(s3.get_bucket_encryption)) == [_encryption(place)],
    )
    yield step(
        f"keep every version in {name}",
        lambda: s3.put_bucket_versioning(**of_ours, VersioningConfiguration={"Status": "Enabled"}),
        lambda: read(s3.get_bucket_versioning).get("Status") == "Enabled",
    )
    yield step(
        f"tag {name}",
        lambda: s3.put_bucket_tagging(
            **of_ours, Tagging={"TagSet": _listed(_tags(read(s3.get_bucket_tagging)) | TAGS)}
        ),
        lambda: TAGS.items() <= _tags(read(s3.get_bucket_tagging)).items(),
    )


def _head(place: Place) -> str | None:
    """The bucket's region; None when there is none of that name. Raises ClientError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        found = place.client("s3").head_bucket(
            Bucket=place.pipeline.state_bucket, ExpectedBucketOwner=place.account_id
        )
    except ClientError as error:
        if code(error) == "404":
            return None
        raise
    return str(found["BucketRegion"])


def _read(ask: Callable[..., Answer], bucket: Answer) -> Answer:
    """What S3 says of one of the bucket's settings; nothing where it is not set."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        return ask(**bucket)
    except ClientError as error:
        if code(error) in UNSET:
            return {}
        raise


def _owner(found: Answer) -> str | None:
    rules = found.get("OwnershipControls", {}).get("Rules", [])
    return rules[0]["ObjectOwnership"] if rules else None


def _encryption(place: Place) -> Answer:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn(place)}
    # With a bucket key, KMS isn't asked for each object.
    return {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}


def _rules(found: Answer) -> list[Answer]:
    """The encryption's, as far as they are ours to say."""
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    asked = ("ApplyServerSideEncryptionByDefault", "BucketKeyEnabled")
    return [{name: rule.get(name) for name in asked} for rule in rules]


def _policy(found: Answer) -> list[ci_documents.Statement]:
    """The policy's statements."""
    statements = json.loads(found.get("Policy", "{}")).get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _refuses_plain(name: str, statements: list[ci_documents.Statement]) -> bool:
    wanted = json.dumps(ci_documents.only_over_tls(name))
    return any(same(json.dumps(statement), wanted) for statement in statements)


def _with_tls(name: str, statements: list[ci_documents.Statement]) -> str:
    """What somebody else put there stays."""
    wanted = ci_documents.only_over_tls(name)
    others = [statement for statement in statements if statement.get("Sid") != wanted["Sid"]]
    return ci_documents.document([*others, wanted])


def _tags(found: Answer) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("TagSet", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]

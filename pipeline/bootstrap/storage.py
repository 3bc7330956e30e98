"""A bucket of bootstrap: its required settings, step by step."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from access import trust as ci_documents
from access.trust import Statement
from arbor.procedure import Refused, Step
from pipeline.bootstrap.stack_account import MADE_BY, StackAccount, code, same

TAGS = {**MADE_BY, "Component": "state"}
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
)
OWNER = "BucketOwnerEnforced"
FIRST_REGION = "us-east-1"
"""S3 returns no location for a bucket in this region."""
UNSET = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket's name, policy statements and encryption."""

    name: str
    statements: tuple[Statement, ...]
    """Bootstrap's statements of the policy, each with its own Sid."""
    encryption: Callable[[StackAccount], Answer]
    """The encryption rule; called after the key was created."""
    encrypted_with: str
    """The encryption in words."""


def refuse(account: StackAccount, name: str) -> None:
    """Raises Refused for a bucket of that name that can't be the state's or its logs'."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        region = head(account, name)
    except ClientError as error:
        if code(error) != "403":
            raise
        raise Refused(
            f"the bucket {name} belongs to another account, or these credentials lack "
            "s3:ListBucket; the state requires a bucket of its own account."
        ) from error
    if region not in {None, account.region}:
        raise Refused(
            f"the bucket {name} is in {region}, and aws:region in Pulumi.{account.stack}.yaml is "
            f"{account.region}, where its key is: empty and delete it, or move the stack."
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one bucket, and the steps that set them."""

    account: StackAccount
    name: str

    @property
    def of_ours(self) -> Answer:
        return {"Bucket": self.name, "ExpectedBucketOwner": self.account.account_id}

    def read(self, call: Callable[..., Answer]) -> Answer:
        """One setting; empty if it is not set."""
        return _read(call, self.of_ours)

    def step(
        self,
        action: str,
        do: Callable[[], object],
        holds: Callable[[], bool],
        *,
        made_so: bool = False,
    ) -> Step:
        """`made_so`: a new bucket has the setting from its creation."""
        return Step(
            action=action,
            do=do,
            took_effect=lambda: made_so if head(self.account, self.name) is None else holds(),
        )


def steps(account: StackAccount, bucket: Bucket) -> Iterator[Step]:
    """The settings that every bucket of bootstrap has, in the order of their creation."""
    name = bucket.name
    s3 = account.client("s3")
    settings = Settings(account=account, name=name)
    of_ours, read, step = settings.of_ours, settings.read, settings.step
    location = {"LocationConstraint": account.region}
    elsewhere = {"CreateBucketConfiguration": location} if account.region != FIRST_REGION else {}

    yield step(
        f"create the bucket {name}",
        lambda: s3.create_bucket(Bucket=name, ObjectOwnership=OWNER, **elsewhere),
        lambda: True,
    )
    yield step(
        f"block public access to {name}",
        lambda: s3.put_public_access_block(**of_ours, PublicAccessBlockConfiguration=CLOSED),
        lambda: read(s3.get_public_access_block).get("PublicAccessBlockConfiguration") == CLOSED,
    )
    yield step(
        f"disable access lists in {name}",
        lambda: s3.put_bucket_ownership_controls(
            **of_ours, OwnershipControls={"Rules": [{"ObjectOwnership": OWNER}]}
        ),
        lambda: _owner(read(s3.get_bucket_ownership_controls)) == OWNER,
        made_so=True,
    )
    sids = " and ".join(str(statement["Sid"]) for statement in bucket.statements)
    yield step(
        f"add {sids} to the policy of {name}",
        lambda: s3.put_bucket_policy(
            **of_ours, Policy=_with(bucket.statements, _policy(read(s3.get_bucket_policy)))
        ),
        lambda: _contains(bucket.statements, _policy(read(s3.get_bucket_policy))),
    )
    yield step(
        f"encrypt {name} with {bucket.encrypted_with}",
        lambda: s3.put_bucket_encryption(
            **of_ours, ServerSideEncryptionConfiguration={"Rules": [bucket.encryption(account)]}
        ),
        lambda: _rules(read(s3.get_bucket_encryption), bucket.encryption(account)),
    )
    yield step(
        f"enable versioning of {name}",
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


def head(account: StackAccount, name: str) -> str | None:
    """The bucket's region; None if the bucket does not exist. Raises ClientError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        found = account.client("s3").head_bucket(
            Bucket=name, ExpectedBucketOwner=account.account_id
        )
    except ClientError as error:
        if code(error) == "404":
            return None
        raise
    return str(found["BucketRegion"])


def _read(call: Callable[..., Answer], bucket: Answer) -> Answer:
    """One setting of the bucket; empty if it is not set."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        return call(**bucket)
    except ClientError as error:
        if code(error) in UNSET:
            return {}
        raise


def _owner(found: Answer) -> str | None:
    rules = found.get("OwnershipControls", {}).get("Rules", [])
    return rules[0]["ObjectOwnership"] if rules else None


def _rules(found: Answer, wanted: Answer) -> bool:
    """Whether the encryption has the required values; AWS may add others."""
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    return [{name: rule.get(name) for name in wanted} for rule in rules] == [wanted]


def _policy(found: Answer) -> list[Statement]:
    """The policy's statements."""
    statements = json.loads(found.get("Policy", "{}")).get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _contains(wanted: tuple[Statement, ...], statements: list[Statement]) -> bool:
    return all(
        any(same(json.dumps(found), json.dumps(one)) for found in statements) for one in wanted
    )


def _with(wanted: tuple[Statement, ...], statements: list[Statement]) -> str:
    """The policy with these statements added; other statements stay."""
    sids = {one["Sid"] for one in wanted}
    others = [found for found in statements if found.get("Sid") not in sids]
    return ci_documents.document([*others, *wanted])


def _tags(found: Answer) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in found.get("TagSet", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]

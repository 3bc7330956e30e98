"""Rules on buckets.

In Pulumi each setting of a bucket is its own resource, so stack rules judge them together.
"""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import document, items, nested, of_type, statements
from guardrails.references import names
from guardrails.rule import Found, Props, Rule, StackRule

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _open(props: Props) -> Iterator[str]:
    off = [block for block in BLOCKS if not props.get(block, False)]
    if off:
        yield f"{', '.join(off)} is off."


def _buckets_without(resources: Sequence[PolicyResource], *tokens: str) -> Iterator[PolicyResource]:
    """Buckets without any of these settings."""
    settings = [found for token in tokens for found in of_type(resources, token)]
    for bucket in of_type(resources, BUCKET):
        if not any(names(resources, setting, "bucket", bucket) for setting in settings):
            yield bucket


def _unblocked(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _buckets_without(resources, BLOCK):
        yield f"{bucket.name} has no public access block.", bucket


def _unencrypted(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _buckets_without(resources, ENCRYPTION):
        yield f"{bucket.name} has no encryption configuration.", bucket


def _no_lifecycle(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _buckets_without(resources, VERSIONING, LIFECYCLE):
        yield f"{bucket.name} has neither versioning nor a lifecycle.", bucket


def _without_policy(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _buckets_without(resources, POLICY):
        yield f"{bucket.name} has no bucket policy.", bucket


def _without_tls(props: Props) -> Iterator[str]:
    for statement in statements(document(props, "policy")):
        plain = nested(nested(statement, "Condition"), "Bool").get("aws:SecureTransport")
        if statement.get("Effect") == "Deny" and str(plain).lower() == "false":
            return
    yield "The bucket policy allows requests without TLS."


def _no_rule(props: Props) -> Iterator[str]:
    if not any(rule["status"] == "Enabled" for rule in items(props, "rules")):
        yield "No lifecycle rule is enabled."


RULES = (
    Rule(
        name="s3-public-access-blocked",
        token=BLOCK,
        why="A public access block overrides any public bucket policy.",
        fix="Set all four blocks to True (components/private_bucket.py).",
        controls=("FSBP S3.8", "CIS v3.0 2.1.4"),
        check=_open,
    ),
    StackRule(
        name="s3-public-access-said",
        why="The public access block of every bucket is declared instead of a default.",
        fix="Declare a BucketPublicAccessBlock (components/private_bucket.py).",
        controls=("FSBP S3.8",),
        judges=(BUCKET, BLOCK),
        check=_unblocked,
    ),
    StackRule(
        name="s3-encrypted",
        why="The encryption of every bucket is declared instead of a default.",
        fix="Declare a BucketServerSideEncryptionConfiguration (components/private_bucket.py).",
        controls=("design: logs",),
        judges=(BUCKET, ENCRYPTION),
        check=_unencrypted,
    ),
    StackRule(
        name="s3-lifecycle",
        why="Objects expire, or their versions are kept on purpose.",
        fix="Declare a BucketLifecycleConfiguration or a BucketVersioning.",
        controls=("FSBP S3.13", "Security Hub S3.14"),
        judges=(BUCKET, VERSIONING, LIFECYCLE),
        check=_no_lifecycle,
    ),
    Rule(
        name="s3-lifecycle-enabled",
        token=LIFECYCLE,
        why="A disabled lifecycle rule expires no object.",
        fix='Set the status of a lifecycle rule to "Enabled".',
        controls=("FSBP S3.13",),
        check=_no_rule,
    ),
    StackRule(
        name="s3-policy-said",
        why="Only a bucket policy can require TLS.",
        fix="Declare a BucketPolicy that denies requests without aws:SecureTransport.",
        controls=("FSBP S3.5",),
        judges=(BUCKET, POLICY),
        check=_without_policy,
    ),
    Rule(
        name="s3-tls-only",
        token=POLICY,
        why="Logs and exports are encrypted in transit.",
        fix="Add a Deny statement with the condition Bool aws:SecureTransport=false.",
        controls=("FSBP S3.5", "CIS v3.0 2.1.1"),
        check=_without_tls,
    ),
)

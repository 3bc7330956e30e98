"""Rules on buckets.

What S3 keeps as a setting is a resource of its own, so a bucket is judged together with those.
"""

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource

from guardrails.reading import document, items, of_type, part, statements
from guardrails.references import names
from guardrails.rule import Props, Rule, StackRule

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
Found = Iterator[tuple[str, PolicyResource | None]]


def _open(props: Props) -> Iterator[str]:
    off = [block for block in BLOCKS if not props.get(block, False)]
    if off:
        yield f"{', '.join(off)} is off."


def _settings(resources: Sequence[PolicyResource], *tokens: str) -> Iterator[PolicyResource]:
    """Buckets that none of these settings names."""
    settings = [found for token in tokens for found in of_type(resources, token)]
    for bucket in of_type(resources, BUCKET):
        if not any(names(resources, setting, "bucket", bucket) for setting in settings):
            yield bucket


def _unblocked(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _settings(resources, BLOCK):
        yield f"{bucket.name} says nothing about public access.", bucket


def _unencrypted(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _settings(resources, ENCRYPTION):
        yield f"{bucket.name} doesn't say how it is encrypted.", bucket


def _kept_for_ever(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _settings(resources, VERSIONING, LIFECYCLE):
        yield f"{bucket.name} neither keeps versions nor lets anything expire.", bucket


def _without_policy(resources: Sequence[PolicyResource]) -> Found:
    for bucket in _settings(resources, POLICY):
        yield f"{bucket.name} has no policy, so none that refuses HTTP.", bucket


def _without_tls(props: Props) -> Iterator[str]:
    for statement in statements(document(props, "policy")):
        plain = part(part(statement, "Condition"), "Bool").get("aws:SecureTransport")
        if statement.get("Effect") == "Deny" and str(plain).lower() == "false":
            return
    yield "The bucket answers without TLS."


def _no_rule(props: Props) -> Iterator[str]:
    if not any(rule["status"] == "Enabled" for rule in items(props, "rules")):
        yield "No lifecycle rule is enabled."


RULES = (
    Rule(
        name="s3-public-access-blocked",
        token=BLOCK,
        why="No bucket can be opened to the public, whatever its policy says.",
        fix="Set all four blocks to True.",
        controls=("FSBP S3.8", "CIS v3.0 2.1.4"),
        check=_open,
    ),
    StackRule(
        name="s3-public-access-said",
        why="Every bucket has its public access blocked by us, not by a default.",
        fix="Declare a BucketPublicAccessBlock for it.",
        controls=("FSBP S3.8",),
        check=_unblocked,
    ),
    StackRule(
        name="s3-encrypted",
        why="How a bucket is encrypted is decided, not a default.",
        fix="Declare a BucketServerSideEncryptionConfiguration for it.",
        controls=("design: logs",),
        check=_unencrypted,
    ),
    StackRule(
        name="s3-lifecycle",
        why="A bucket keeps versions, or says when things go: nothing piles up unseen.",
        fix="Declare a BucketVersioning or a BucketLifecycleConfiguration for it.",
        controls=("FSBP S3.13", "Security Hub S3.14"),
        check=_kept_for_ever,
    ),
    Rule(
        name="s3-lifecycle-enabled",
        token=LIFECYCLE,
        why="A lifecycle that is switched off keeps everything.",
        fix='Set the status of a rule to "Enabled".',
        controls=("FSBP S3.13",),
        check=_no_rule,
    ),
    StackRule(
        name="s3-policy-said",
        why="Every bucket has a policy, for TLS is demanded there.",
        fix="Declare a BucketPolicy that denies requests without aws:SecureTransport.",
        controls=("FSBP S3.5",),
        check=_without_policy,
    ),
    Rule(
        name="s3-tls-only",
        token=POLICY,
        why="Logs and exports are never fetched in the clear.",
        fix="Add a Deny statement with the condition Bool aws:SecureTransport false.",
        controls=("FSBP S3.5", "CIS v3.0 2.1.1"),
        check=_without_tls,
    ),
)

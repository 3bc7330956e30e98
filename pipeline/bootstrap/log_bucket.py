"""The bucket with the access logs of the state bucket: each read and write of a file.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from collections.abc import Iterator

from access import state
from arbor.procedure import Step
from pipeline.bootstrap import storage
from pipeline.bootstrap.stack_account import StackAccount

DAYS = 365
"""The retention of a log."""
WANTED = {
    "ID": "expire",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": DAYS},
    "NoncurrentVersionExpiration": {"NoncurrentDays": DAYS},
}


def refuse(account: StackAccount) -> None:
    """Raises Refused for a bucket of that name that can't be the logs'."""
    storage.refuse(account, account.pipeline.state_log_bucket)


def steps(account: StackAccount) -> Iterator[Step]:
    """The steps to a bucket that S3 may write to and whose logs expire."""
    name = account.pipeline.state_log_bucket
    yield from storage.steps(
        account,
        storage.Bucket(
            name=name,
            statements=tuple(state.log_bucket_statements(account.pipeline)),
            encryption=lambda _: {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            # S3 delivers no log to a bucket that a KMS key encrypts.
            encrypted_with="S3's own key",
        ),
    )
    s3 = account.client("s3")
    settings = storage.Settings(account=account, name=name)

    def expires() -> bool:
        rules = settings.read(s3.get_bucket_lifecycle_configuration).get("Rules", [])
        return any(all(rule.get(key) == value for key, value in WANTED.items()) for rule in rules)

    yield settings.step(
        f"set the expiry of logs in {name} to {DAYS} days",
        lambda: s3.put_bucket_lifecycle_configuration(
            **settings.of_ours, LifecycleConfiguration={"Rules": [WANTED]}
        ),
        expires,
    )

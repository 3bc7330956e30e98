"""The bucket of the state: the argument of `pulumi login`."""

from collections.abc import Iterator

from access import state
from arbor.procedure import Step
from arbor_names import naming
from pipeline.bootstrap import key, storage
from pipeline.bootstrap.stack_account import StackAccount

PREFIX = "state/"
"""The prefix of the access logs."""


def refuse(account: StackAccount) -> None:
    """Raises Refused for a bucket of that name that can't be the state's."""
    storage.refuse(account, account.pipeline.state_bucket)


def steps(account: StackAccount) -> Iterator[Step]:
    """The required settings of the bucket, and its access logging."""
    name, logs = account.pipeline.state_bucket, account.pipeline.state_log_bucket
    yield from storage.steps(
        account,
        storage.Bucket(
            name=name,
            statements=tuple(state.bucket_statements(account.pipeline)),
            encryption=_with_key,
            encrypted_with=naming.STATE_KEY_ALIAS,
        ),
    )
    s3 = account.client("s3")
    settings = storage.Settings(account=account, name=name)
    wanted = {"TargetBucket": logs, "TargetPrefix": PREFIX}

    def logged() -> bool:
        found = settings.read(s3.get_bucket_logging).get("LoggingEnabled", {})
        return {key: found.get(key) for key in wanted} == wanted

    yield settings.step(
        f"write access logs of {name} to {logs}",
        lambda: s3.put_bucket_logging(
            **settings.of_ours, BucketLoggingStatus={"LoggingEnabled": wanted}
        ),
        logged,
    )


def _with_key(account: StackAccount) -> storage.Answer:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key.arn(account)}
    # With a bucket key, S3 calls KMS less often than once an object.
    return {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}

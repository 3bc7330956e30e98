"""An emulated account with staging's log groups and export bucket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.account import Account
from ecs_world import client
from emulated_account import emulated

STACK = "staging"
GROUP = f"/ecs/arbor-{STACK}/backend"
DATABASE = f"/aws/rds/instance/arbor-{STACK}-db/postgresql"
PARAMETERS = f"arbor-{STACK}-params"
BUCKET = "our-own-name-for-exports"
STREAM = "backend/backend/1"
DAYS = 7
NOW = datetime.now(UTC).replace(microsecond=0)
"""CloudWatch Logs rejects lines much older or newer than the real time."""
ACCOUNT = Account(stack=STACK, client=client)


def put(*lines: object, group: str = GROUP, ago: timedelta = timedelta(minutes=1)) -> None:
    """Log lines, one per millisecond; an object as JSON."""
    first = round((NOW - ago).timestamp() * 1000)
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    events = [{"timestamp": first + n, "message": text} for n, text in enumerate(texts)]
    client("logs").put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=events)


def operate(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK], input=answer)


def documents(result: Result) -> list[Any]:
    """The lines that a command printed as JSON."""
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def staging() -> Iterator[None]:
    """A fresh account with a stopped clock."""
    with emulated():
        logs = client("logs")
        for group in (GROUP, DATABASE):
            logs.create_log_group(logGroupName=group)
            logs.put_retention_policy(logGroupName=group, retentionInDays=DAYS)
            logs.create_log_stream(logGroupName=group, logStreamName=STREAM)
        _bucket()
        client("rds").create_db_parameter_group(
            DBParameterGroupName=PARAMETERS, DBParameterGroupFamily="postgres16", Description="Ours"
        )
        yield


def _bucket() -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    tags = {"Project": "arbor", "Stack": STACK, "Component": "log-export"}
    s3.put_bucket_tagging(
        Bucket=BUCKET, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]}
    )
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

"""CloudWatch Logs: exports need the bucket's permission, take time, and run one at a time."""

import gzip
import json
from datetime import UTC, datetime

from moto.core.utils import unix_time_millis
from moto.logs.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from moto.logs.models import ExportTask, LogsBackend
from moto.moto_api._internal import mock_random
from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeBucket, S3Backend, s3_backends

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.resource_policy import Attempt, allows
from pulumi_moto.shapes import Members

EXPORT_SECONDS = 30.0
"""Seconds on the account's clock, from RUNNING to COMPLETED."""


@corrects(
    LogsBackend,
    moto="ignores the bucket's policy; runs any number of tasks, each complete at once",
    aws="refuses a bucket whose policy denies GetBucketAcl or PutObject; runs one at a time",
)
def create_export_task(
    _original: Replacement,
    self: LogsBackend,
    *,
    taskName: str,
    logGroupName: str,
    destination: str,
    destinationPrefix: str,
    fromTime: int,
    to: int,
) -> str:
    if logGroupName not in self.groups:
        raise ResourceNotFoundException
    if fromTime > to:
        raise InvalidParameterException("The time range ends before it begins.")
    s3: S3Backend = s3_backends[self.account_id][self.partition]
    _refuse_bucket(self, s3, logGroupName, destination, destinationPrefix)
    _finish(self)
    if any(task.status["code"] == "RUNNING" for task in self.export_tasks.values()):
        raise LimitExceededException
    task = ExportTask(
        str(mock_random.uuid4()),
        taskName,
        logGroupName,
        destination,
        destinationPrefix,
        fromTime,
        to,
    )
    task.status = {"code": "RUNNING", "message": "Task is running"}
    task.__dict__.update(
        finishes_at=CLOCK.now() + EXPORT_SECONDS,
        execution={"creationTime": int(unix_time_millis())},
    )
    self.export_tasks[task.task_id] = task
    _write(self, s3, task)
    return str(task.task_id)


@corrects(
    LogsBackend,
    moto="returns `active` or COMPLETED from the start",
    aws="returns RUNNING for a while, then COMPLETED",
)
def describe_export_tasks(
    original: Replacement, self: LogsBackend, task_id: str | None
) -> list[ExportTask]:
    _finish(self)
    found: list[ExportTask] = original(self, task_id)
    return found


@corrects(
    ExportTask,
    call="logs.describe_export_tasks (executionInfo)",
    moto="omits it",
    aws="returns when a task started and ended",
)
def to_json(original: Replacement, self: ExportTask) -> Members:
    return {**original(self), "executionInfo": self.__dict__["execution"]}


def _finish(logs: LogsBackend) -> None:
    """Complete the tasks that are due on the clock."""
    for task in logs.export_tasks.values():
        if task.status["code"] == "RUNNING" and CLOCK.now() >= task.__dict__["finishes_at"]:
            task.status = {"code": "COMPLETED", "message": "Completed successfully"}
            task.__dict__["execution"]["completionTime"] = int(unix_time_millis())


def _refuse_bucket(
    logs: LogsBackend, s3: S3Backend, group: str, destination: str, prefix: str
) -> None:
    """Check both calls, as CloudWatch Logs does before it starts the task."""
    try:
        bucket: FakeBucket = s3.get_bucket(destination)
    except MissingBucket:
        raise InvalidParameterException(
            "The given bucket does not exist. Please make sure the bucket is valid."
        ) from None
    if bucket.region_name != logs.region_name:
        raise InvalidParameterException(
            f"The bucket is in {bucket.region_name}; an export stays in {logs.region_name}."
        )
    for call, resource in (
        ("GetBucketAcl", bucket.arn),
        ("PutObject", f"{bucket.arn}/{prefix}/aws-logs-write-test"),
    ):
        if not _allowed(logs, bucket, group, call, resource):
            raise InvalidParameterException(
                f"{call} call on the given bucket failed. Please check if CloudWatch Logs has "
                "been granted permission to perform this operation."
            )


def _allowed(logs: LogsBackend, bucket: FakeBucket, group: str, call: str, resource: str) -> bool:
    """Accept a log group's ARN with and without `:*`: AWS's documentation uses both."""
    policy = json.loads(bucket.policy or "{}")
    source = f"arn:aws:logs:{logs.region_name}:{logs.account_id}:log-group:{group}"
    return any(
        allows(
            policy,
            Attempt(
                service=f"logs.{logs.region_name}.amazonaws.com",
                action=f"s3:{call}",
                resource=resource,
                context={
                    "aws:SourceAccount": logs.account_id,
                    "aws:SourceArn": arn,
                    "aws:SecureTransport": "true",
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
            ),
        )
        for arn in (source, f"{source}:*")
    )


def _write(logs: LogsBackend, s3: S3Backend, task: ExportTask) -> None:
    """Write an object per stream, below the prefix and the task's id, with AWS's names."""
    bucket, prefix = task.destination, task.destination_prefix
    s3.put_object(bucket, f"{prefix}/aws-logs-write-test", b"Permission Check Successful")
    for name, stream in logs.groups[task.log_group_name].streams.items():
        events = stream.filter_log_events(task.from_time, task.to, "")
        if events:
            lines = "".join(f"{_moment(e['timestamp'])} {e['message']}\n" for e in events)
            key = f"{prefix}/{task.task_id}/{name.replace('/', '-')}/000000.gz"
            s3.put_object(bucket, key, gzip.compress(lines.encode()))


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

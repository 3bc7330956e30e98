"""The command logs export: the lines of a period as objects in the stack's bucket, once.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
docs/decisions/log-exports.md explains how a second run finds the first one's export.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from arbor import times
from arbor.account import Account
from arbor.logs import group
from arbor.procedure import Failed, Refused, Run, Step
from arbor.runbook import stores
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import ExportTaskTypeDef

TIMEOUT = 24 * 3600.0
"""Seconds after which AWS fails an export."""
ACTIVE = frozenset({"PENDING", "RUNNING", "PENDING_CANCEL"})
"""At most one export of an account is in one of these."""
USABLE = frozenset({"PENDING", "RUNNING", "COMPLETED"})
FRESH = timedelta(hours=1)
"""For this time a completed export satisfies the same command."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """The period of an export, to the second."""

    since: str
    """As typed; `until` likewise."""
    until: str | None
    start: datetime
    end: datetime

    @property
    def options(self) -> str:
        return f"--since {self.since}" + (f" --until {self.until}" if self.until else "")


def period(since: str, until: str | None, now: datetime) -> Period:
    """The period of the options. Raises ValueError if it is empty or in the future."""
    start = times.past(since, now).replace(microsecond=0)
    end = (times.past(until, now) if until else now).replace(microsecond=0)
    if start >= end:
        raise ValueError(
            f"The period from {times.utc(start)} to {times.utc(end)} is empty; --since must be "
            "before --until."
        )
    return Period(since=since, until=until, start=start, end=end)


@dataclass(kw_only=True)
class Export:
    """An export to start or to continue."""

    account: Account
    service: str
    period: Period
    bucket: str
    found: "ExportTaskTypeDef | None"
    """The export task of an earlier run of the same command."""
    status: str = ""

    @property
    def group(self) -> str:
        return naming.log_group(self.account.stack, self.service)

    @property
    def prefix(self) -> str:
        return f"logs/{self.service}"

    @property
    def name(self) -> str:
        """The task's name, by whose first part the same command finds it again."""
        start, end = times.utc(self.period.start), times.utc(self.period.end)
        return f"{self._command()} ({start} to {end})"

    def execute(self, run: Run) -> None:
        """Wait for the export. Raises Failed."""
        run.execute([self._step()])
        if not run.dry_run:
            run.say(self._done())

    def _step(self) -> Step:
        if self.found is not None:
            action = f"continue the export of {self.group} that was started as {_title(self.found)}"
        else:
            start, end = times.utc(self.period.start), times.utc(self.period.end)
            action = (
                f"export {self.group} from {start} to {end} to s3://{self.bucket}/{self.prefix}"
            )
        return Step(
            action=action,
            do=self._start,
            took_effect=self._completed,
            shows=lambda: f"{self.group}: {self.status}" if self.status else "",
            timeout=TIMEOUT,
        )

    def _done(self) -> str:
        assert self.found is not None
        times = f"{_time(self.found['from'])} to {_time(self.found['to'])}"
        return f"{self.group} from {times} is in {_where(self.found)}"

    def find(self, tasks: "list[ExportTaskTypeDef]") -> "ExportTaskTypeDef | None":
        """The newest usable export of an earlier run of this command."""
        mine = [task for task in tasks if task["status"]["code"] in USABLE and self._is_mine(task)]
        return max(mine, key=_started, default=None)

    def _is_mine(self, task: "ExportTaskTypeDef") -> bool:
        """A time as typed is equal; that of `24h` moves with the clock."""
        older = FRESH if task["status"]["code"] == "COMPLETED" else timedelta(seconds=TIMEOUT)
        edges = ((self.period.start, task["from"]), (self.period.end, task["to"]))
        return (
            task["logGroupName"] == self.group
            and task.get("taskName", "").startswith(f"{self._command()} (")
            and all(
                timedelta(0) <= edge - times.from_milliseconds(had) <= older for edge, had in edges
            )
        )

    def _command(self) -> str:
        # Part of the task's name in CloudWatch; it has the stack also where an operator omits it.
        return (
            f"arbor logs export {self.service} {self.period.options} --stack {self.account.stack}"
        )

    def _start(self) -> None:
        """Start it, unless an earlier run did, or a call whose response was lost."""
        if self.found is not None:
            return
        logs = self.account.client("logs")
        start, end = map(times.milliseconds, (self.period.start, self.period.end))
        try:
            created = logs.create_export_task(
                taskName=self.name,
                logGroupName=self.group,
                fromTime=start,
                to=end,
                destination=self.bucket,
                destinationPrefix=self.prefix,
            )
        except (
            logs.exceptions.LimitExceededException,
            logs.exceptions.ResourceAlreadyExistsException,
        ):
            tasks = all_tasks(self.account)
            self.found = self.find(tasks)
            if self.found is None:
                raise Failed(f"No export was started: {_busy(tasks)}") from None
        else:
            self.found = {
                "taskId": created["taskId"],
                "logGroupName": self.group,
                "from": start,
                "to": end,
                "destination": self.bucket,
                "destinationPrefix": self.prefix,
            }

    def _completed(self) -> bool:
        assert self.found is not None
        tasks = self.account.client("logs").describe_export_tasks(taskId=self.found["taskId"])
        if not tasks["exportTasks"]:
            return False  # eventually consistent
        (found,) = tasks["exportTasks"]
        self.found, status = found, found["status"]
        self.status = status["code"]
        if self.status in USABLE:
            return self.status == "COMPLETED"
        why = status.get("message") or "CloudWatch Logs gives no reason"
        raise Failed(
            f"The export of {self.group} ended as {self.status}: {why}. Its partial "
            f"output is in {_where(found)}; the same command starts a new export."
        )


def plan(account: Account, service: str, wanted: Period) -> Export:
    """The export. Raises Refused without log group or bucket, and while another export runs."""
    group.read(account, naming.log_group(account.stack, service))
    try:
        bucket = stores.log_export_bucket(account)
    except Refused as refused:
        raise Refused(f"{refused}; run `pulumi up` of {account.stack}.") from None
    tasks = all_tasks(account)
    export = Export(account=account, service=service, period=wanted, bucket=bucket, found=None)
    export.found = export.find(tasks)
    if export.found is None and any(task["status"]["code"] in ACTIVE for task in tasks):
        raise Refused(_busy(tasks))
    return export


def all_tasks(account: Account) -> "list[ExportTaskTypeDef]":
    """Every export of the account that CloudWatch Logs keeps."""
    pages = account.client("logs").get_paginator("describe_export_tasks")
    return [task for page in pages.paginate() for task in page["exportTasks"]]


def _title(task: "ExportTaskTypeDef") -> str:
    """The task's name and start."""
    since = f", since {_time(_started(task))}" if _started(task) else ""
    return f"`{task.get('taskName') or task['taskId']}`{since}"


def _started(task: "ExportTaskTypeDef") -> int:
    """Milliseconds; 0 while unknown."""
    return task.get("executionInfo", {}).get("creationTime", 0)


def _where(task: "ExportTaskTypeDef") -> str:
    return f"s3://{task['destination']}/{task['destinationPrefix']}/{task['taskId']}/"


def _busy(tasks: "list[ExportTaskTypeDef]") -> str:
    for task in tasks:
        if task["status"]["code"] in ACTIVE:
            return (
                f"an account runs one export at a time, and {_title(task)} of "
                f"{task['logGroupName']} is {task['status']['code']}. Wait until it ends, or "
                f"cancel it: aws logs cancel-export-task --task-id {task['taskId']}"
            )
    return "CloudWatch Logs reports a running export but lists none. Try again."


def _time(milliseconds: int) -> str:
    return times.utc(times.from_milliseconds(milliseconds))

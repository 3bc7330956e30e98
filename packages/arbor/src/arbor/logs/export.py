"""logs export: the lines of a period as objects in the stack's bucket, exported once.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
docs/decisions/log-exports.md says how a second run finds what the first one began.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from arbor import times
from arbor.account import Account
from arbor.logs import group
from arbor.procedure import Failed, Refused, Run, Step
from arbor.runbook import stores
from arbor_names import naming

DAY = 24 * 3600.0
"""After so many seconds AWS gives an export up."""
ACTIVE = frozenset({"PENDING", "RUNNING", "PENDING_CANCEL"})
"""An account has one of these at most."""
LIVES = frozenset({"PENDING", "RUNNING", "COMPLETED"})
FRESH = timedelta(hours=1)
"""So long the same command is content with what is there already."""
Task = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Period:
    """What is exported, to the second."""

    since: str
    """As it was typed; `until` likewise."""
    until: str | None
    start: datetime
    end: datetime

    @property
    def words(self) -> str:
        return f"--since {self.since}" + (f" --until {self.until}" if self.until else "")


def of(since: str, until: str | None, now: datetime) -> Period:
    """Raises ValueError for a time that can't be read, is yet to come, or ends before it begins."""
    start = times.past(since, now).replace(microsecond=0)
    end = (times.past(until, now) if until else now).replace(microsecond=0)
    if start >= end:
        raise ValueError(f"{times.utc(start)} to {times.utc(end)} is no period of time.")
    return Period(since=since, until=until, start=start, end=end)


@dataclass(kw_only=True)
class Export:
    """One export, to be begun or gone on with."""

    account: Account
    service: str
    wanted: Period
    bucket: str
    found: Task | None
    """What an earlier run of the same command began."""
    status: str = ""

    @property
    def group(self) -> str:
        return naming.log_group(self.account.stack, self.service)

    @property
    def prefix(self) -> str:
        return f"logs/{self.service}"

    @property
    def name(self) -> str:
        """Of the task: who runs the same command again knows it by its beginning."""
        start, end = times.utc(self.wanted.start), times.utc(self.wanted.end)
        return f"{self._command()} ({start} to {end})"

    def execute(self, run: Run) -> None:
        """Raises Failed."""
        run.execute([self._step()])
        if not run.dry_run:
            run.say(self._done())

    def _step(self) -> Step:
        if self.found is not None:
            says = f"go on with the export of {self.group} that was begun as {told(self.found)}"
        else:
            start, end = times.utc(self.wanted.start), times.utc(self.wanted.end)
            says = f"export {self.group} from {start} to {end} to s3://{self.bucket}/{self.prefix}"
        return Step(
            says=says,
            do=self._start,
            took_effect=self._completed,
            shows=lambda: f"{self.group}: {self.status}" if self.status else "",
            timeout=DAY,
        )

    def _done(self) -> str:
        assert self.found is not None
        times = f"{_time(self.found['from'])} to {_time(self.found['to'])}"
        return f"{self.group} from {times} is in {_where(self.found)}"

    def look_for(self, tasks: list[Task]) -> Task | None:
        """The export that this command began before, if it still lives; the newest of them."""
        mine = [task for task in tasks if task["status"]["code"] in LIVES and self._is_mine(task)]
        return max(mine, key=_began, default=None)

    def _is_mine(self, task: Task) -> bool:
        """A time that was typed is the very same; of `24h` it moves with the clock."""
        older = FRESH if task["status"]["code"] == "COMPLETED" else timedelta(seconds=DAY)
        edges = ((self.wanted.start, task["from"]), (self.wanted.end, task["to"]))
        return (
            task["logGroupName"] == self.group
            and task.get("taskName", "").startswith(f"{self._command()} (")
            and all(
                timedelta(0) <= wanted - times.from_milliseconds(had) <= older
                for wanted, had in edges
            )
        )

    def _command(self) -> str:
        # The name of the task in CloudWatch, by which a second run finds it: always with its stack.
        return f"arbor logs export {self.service} {self.wanted.words} --stack {self.account.stack}"

    def _start(self) -> None:
        """Begin it, unless it was begun: by an earlier run, or by a call whose answer was lost."""
        if self.found is not None:
            return
        logs = self.account.client("logs")
        asked = {
            "logGroupName": self.group,
            "to": times.milliseconds(self.wanted.end),
            "destination": self.bucket,
            "destinationPrefix": self.prefix,
        }
        start = times.milliseconds(self.wanted.start)
        try:
            made = logs.create_export_task(taskName=self.name, fromTime=start, **asked)
        except (
            logs.exceptions.LimitExceededException,
            logs.exceptions.ResourceAlreadyExistsException,
        ):
            tasks = all_tasks(self.account)
            self.found = self.look_for(tasks)
            if self.found is None:
                raise Failed(f"Nothing was begun: {_busy(tasks)}") from None
        else:
            self.found = {**asked, "from": start, "taskId": made["taskId"]}

    def _completed(self) -> bool:
        assert self.found is not None
        tasks = self.account.client("logs").describe_export_tasks(taskId=self.found["taskId"])
        if not tasks["exportTasks"]:
            return False  # not yet known everywhere
        (self.found,) = tasks["exportTasks"]
        said = self.found["status"]
        self.status = said["code"]
        if self.status in LIVES:
            return self.status == "COMPLETED"
        why = said.get("message") or "CloudWatch Logs gives no reason"
        raise Failed(
            f"The export of {self.group} ended as {self.status}: {why}. What it wrote until then "
            f"is in {_where(self.found)}; the same command begins a new one."
        )


def plan(account: Account, service: str, wanted: Period) -> Export:
    """Raises Refused without the group or the bucket, and while another export runs."""
    group.read(account, naming.log_group(account.stack, service))
    try:
        bucket = stores.log_export_bucket(account)
    except Refused as refused:
        raise Refused(f"{refused}; run `pulumi up` of {account.stack}.") from None
    tasks = all_tasks(account)
    made = Export(account=account, service=service, wanted=wanted, bucket=bucket, found=None)
    made.found = made.look_for(tasks)
    if made.found is None and any(task["status"]["code"] in ACTIVE for task in tasks):
        raise Refused(_busy(tasks))
    return made


def all_tasks(account: Account) -> list[Task]:
    """Every export that CloudWatch Logs remembers in the account."""
    pages = account.client("logs").get_paginator("describe_export_tasks")
    return [task for page in pages.paginate() for task in page["exportTasks"]]


def told(task: Task) -> str:
    """Whose it is and since when."""
    since = f", since {_time(_began(task))}" if _began(task) else ""
    return f"`{task.get('taskName') or task['taskId']}`{since}"


def _began(task: Task) -> int:
    """Milliseconds; 0 where it isn't said."""
    return int(task.get("executionInfo", {}).get("creationTime", 0))


def _where(task: Task) -> str:
    return f"s3://{task['destination']}/{task['destinationPrefix']}/{task['taskId']}/"


def _busy(tasks: list[Task]) -> str:
    for task in tasks:
        if task["status"]["code"] in ACTIVE:
            return (
                f"an account has one export at a time, and now {told(task)}, of "
                f"{task['logGroupName']} is {task['status']['code']}. Wait until it has ended, or "
                f"end it: aws logs cancel-export-task --task-id {task['taskId']}"
            )
    return "CloudWatch Logs says that another export runs, and lists none. Try again."


def _time(milliseconds: int) -> str:
    return times.utc(times.from_milliseconds(milliseconds))

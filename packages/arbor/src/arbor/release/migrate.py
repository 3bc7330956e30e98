"""Run a version's migrations task, print its log, and require exit code 0."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import revisions
from arbor.ecs.task_log import TaskLog
from arbor.procedure import Failed, Refused, Step
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import NetworkConfigurationTypeDef, TaskTypeDef

STARTED_BY = "arbor-migrate"
HOUR = 3600.0
EXISTS = re.compile(r'relation "(?P<name>[^"]+)" already exists')
"""PostgreSQL's error for a table that the application created at a start before the first
migration (docs/decisions/first-start.md)."""
QUIET_READS = 2
"""Reads of the log without a new line, after the task has stopped: its last lines arrive late."""


@dataclass(kw_only=True)
class Migration:
    """One run of the task, in the private subnets with the task's own security group."""

    account: Account
    planned: revisions.PlannedRevision
    network: "NetworkConfigurationTypeDef"
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    task: str = ""
    """Its ARN; empty before the start."""
    status: str = ""
    log: TaskLog | None = None
    output: str = ""
    """The newest lines of its log, or its status."""
    exists: str = ""
    """The table that a migration creates and that already exists."""
    quiet_reads: int = 0
    """Consecutive ones, since the task has stopped."""

    def steps(self) -> Iterator[Step]:
        yield from self.planned.steps()
        yield Step(
            action=f"run {self.planned.family} with {self.planned.image.version}",
            do=self._start,
            took_effect=self._succeeded,
            shows=lambda: self.output,
            timeout=HOUR,
        )

    def _start(self) -> None:
        for sentence in running(self.account):
            raise Failed(sentence)
        started = self.account.client("ecs").run_task(
            cluster=self.account.cluster,
            taskDefinition=self.planned.registered,
            launchType="FARGATE",
            networkConfiguration=self.network,
            startedBy=STARTED_BY,
            # The same in a repeated call, so that it starts no second task.
            clientToken=self.token,
        )
        for failure in started["failures"]:
            raise Failed(f"{self.planned.family} could not be started: {failure['reason']}.")
        self.task = started["tasks"][0]["taskArn"]
        self.log = self._log()

    def _succeeded(self) -> bool:
        found = self.account.client("ecs").describe_tasks(
            cluster=self.account.cluster, tasks=[self.task]
        )["tasks"]
        if not found:
            return False  # eventual consistency
        (task,) = found
        if self._read_output(task["lastStatus"]) or self.status != "STOPPED":
            self.quiet_reads = 0
            return False
        self.quiet_reads += 1
        if self.quiet_reads < QUIET_READS:
            return False
        self._judge(task)
        return True

    def _read_output(self, status: str) -> bool:
        """Read the log; returns whether there is a new line or status."""
        assert self.log is not None
        new = self.log.new()
        for found in map(EXISTS.search, new):
            self.exists = self.exists or (found["name"] if found else "")
        if status != self.status:
            new = [f"{self.planned.family}: {status}", *new]
        self.status = status
        self.output = "\n  ".join(new) or self.output
        return bool(new)

    def _judge(self, task: "TaskTypeDef") -> None:
        """Raises Failed unless the exit code is 0."""
        named = {container["name"]: container for container in task["containers"]}
        container = named.get(naming.MIGRATIONS_CONTAINER, {})
        if container.get("exitCode") == 0:
            return
        ended = f"exit code {container['exitCode']}" if "exitCode" in container else "no exit code"
        why = container.get("reason") or task.get("stoppedReason") or "ECS gives no reason"
        raise Failed(
            f"The migrations of {self.planned.image.version} ended with {ended}: {why}. "
            f"Log: `{self._log().command()}`.{self._remedy()}"
        )

    def _remedy(self) -> str:
        """For a database whose tables the application created: every further run fails, too."""
        if not self.exists:
            return ""
        return (
            f" Table {self.exists} already exists. If the database has no table alembic_version, "
            "the application created its tables before the first migration: follow "
            'docs/runbook.md, "Repair a Database That Was Not Migrated First".'
        )

    def _log(self) -> TaskLog:
        options = self.planned.settings()["logConfiguration"]["options"]
        parts = (
            options["awslogs-stream-prefix"],
            naming.MIGRATIONS_CONTAINER,
            self.task.rsplit("/", 1)[-1],
        )
        return TaskLog(account=self.account, group=options["awslogs-group"], stream="/".join(parts))


def plan(account: Account, version: str) -> Migration:
    """The migration to a version. Raises Refused without task definition, subnet or security group.

    It requires no service: the first migration precedes the first service.
    """
    family = naming.service(account.stack, naming.MIGRATIONS)
    planned = revisions.planned(account, family, naming.MIGRATIONS_CONTAINER, version)
    return Migration(
        account=account,
        planned=planned,
        network={
            "awsvpcConfiguration": {
                "subnets": private_subnets(account),
                "securityGroups": [security_group(account)],
                "assignPublicIp": "DISABLED",
            }
        },
    )


def running(account: Account) -> Iterator[str]:
    """A sentence for each running migration: two at a time would lock each other's tables."""
    ecs, family = account.client("ecs"), naming.service(account.stack, naming.MIGRATIONS)
    arns = ecs.list_tasks(cluster=account.cluster, family=family, desiredStatus="RUNNING")
    if not arns["taskArns"]:
        return
    found = ecs.describe_tasks(cluster=account.cluster, tasks=arns["taskArns"])["tasks"]
    for task in found:
        by = task.get("startedBy") or "an operator"
        yield (
            f"A migration is running, started by {by}: wait until task "
            f"{task['taskArn'].rsplit('/', 1)[-1]} has stopped."
        )


def private_subnets(account: Account) -> list[str]:
    """The subnets of the tasks; awsx tags each subnet with its type.

    https://github.com/pulumi/pulumi-awsx/blob/master/awsx/ec2/vpc.ts
    """
    tags = {"Project": naming.PROJECT, "Stack": account.stack, "SubnetType": "Private"}
    found = account.client("ec2").describe_subnets(
        Filters=[{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    )["Subnets"]
    if not found:
        raise Refused(
            f"No subnet has the tags {tags}, which the migrations task requires; run `pulumi up` "
            f"of {account.stack}."
        )
    return sorted(str(subnet["SubnetId"]) for subnet in found)


def security_group(account: Account) -> str:
    """The task's security group, by its tags: Pulumi generates its name."""
    tags = {"Project": naming.PROJECT, "Stack": account.stack, "Component": naming.MIGRATIONS}
    found = account.client("ec2").describe_security_groups(
        Filters=[{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    )["SecurityGroups"]
    if len(found) != 1:
        raise Refused(
            f"{len(found)} security groups have the tags {tags}; the migrations task requires "
            f"exactly one. Run `pulumi up` of {account.stack}."
        )
    return str(found[0]["GroupId"])

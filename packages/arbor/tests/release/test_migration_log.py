"""The migration's log is shown while it runs; its errors don't fail the migration."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor import screen
from arbor.account import Account
from arbor.ecs import revisions
from arbor.ecs.task_log import KEPT, TaskLog
from arbor.procedure import Failed, Refused
from arbor.release import release
from ecs_world import client
from release_fixtures import when
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, MIGRATIONS, OLD, Staging

RUNBOOK = Path(__file__).parents[4] / "docs" / "runbook.md"
GROUP = "/ecs/arbor-staging/migrations"


def write(*lines: str, stream: str) -> None:
    logs = client("logs")
    if not logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def stream_of(staging: Staging, *, stopped: bool = False) -> str:
    arns = client("ecs").list_tasks(
        cluster=staging.account.cluster,
        family=MIGRATIONS,
        desiredStatus="STOPPED" if stopped else "RUNNING",
    )["taskArns"]
    return f"migrations/backend/{arns[0].rsplit('/', 1)[-1]}"


def migrated(staging: Staging) -> None:
    staging.run().execute(release.plan_migration(staging.account, None).steps())


def test_lines_are_shown_as_they_arrive_including_the_last_ones(staging: Staging) -> None:
    def begins() -> None:
        write("Running upgrade -> 1a2b", "Running upgrade 1a2b -> 3c4d", stream=stream_of(staging))

    def ends() -> None:
        write("done", stream=stream_of(staging, stopped=True))

    when(staging, f"{MIGRATIONS}: RUNNING", begins)
    messages = staging.output
    when(staging, f"{MIGRATIONS}: STOPPED", ends)
    second, staging.output = staging.output, messages

    class Both(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            messages.append(line)
            second.append(line)

    staging.output = Both()
    migrated(staging)
    text = "\n".join(staging.output)
    assert text.index("Running upgrade -> 1a2b") < text.index("Running upgrade 1a2b -> 3c4d")
    assert text.index("3c4d") < text.index("done")
    assert text.count("3c4d") == 1


def test_the_log_of_a_failed_migration_is_shown_before_the_failure(staging: Staging) -> None:
    staging.infrastructure("migrations", command=["false"])
    when(
        staging,
        f"{MIGRATIONS}: STOPPED",
        lambda: write("relation exists", stream=stream_of(staging, stopped=True)),
    )
    with pytest.raises(Failed, match=r"exit code 1.*aws logs tail"):
        migrated(staging)
    assert "relation exists" in staging.output[-1]


def test_a_database_that_the_application_created_is_recognised(staging: Staging) -> None:
    staging.infrastructure("migrations", command=["false"])
    error = 'asyncpg.exceptions.DuplicateTableError: relation "suppliers" already exists'
    when(
        staging,
        f"{MIGRATIONS}: STOPPED",
        lambda: write(error, stream=stream_of(staging, stopped=True)),
    )
    with pytest.raises(Failed, match="Table suppliers already exists") as failed:
        migrated(staging)
    (heading,) = re.findall('"(Repair [^"]+)"', str(failed.value))
    assert f"\n### {heading}\n" in RUNBOOK.read_text()


def test_the_first_migration_requires_no_service(staging: Staging) -> None:
    for service in (BACKEND, FRONTEND):
        client("ecs").delete_service(cluster=CLUSTER, service=service, force=True)
    for _ in range(2):
        migrated(staging)
        assert f"{MIGRATIONS}: STOPPED" in "\n".join(staging.output)
    arns = client("ecs").list_tasks(cluster=CLUSTER, family=MIGRATIONS, desiredStatus="STOPPED")[
        "taskArns"
    ]
    tasks = client("ecs").describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    found = {task["taskDefinitionArn"] for task in tasks}
    (arn,) = found
    assert revisions.version_of(staging.account, arn, "backend") == OLD
    placed = {
        detail["value"]
        for task in tasks
        for attachment in task["attachments"]
        for detail in attachment["details"]
        if detail["name"] == "subnetId"
    }
    assert placed <= set(staging.subnets)


def test_without_private_subnets_it_is_refused(staging: Staging) -> None:
    client("ec2").delete_tags(Resources=staging.subnets, Tags=[{"Key": "SubnetType"}])
    with pytest.raises(Refused, match="No subnet has the tags"):
        migrated(staging)


@pytest.fixture
def followed(staging: Staging) -> TaskLog:
    return TaskLog(account=staging.account, group=GROUP, stream="migrations/backend/1")


def test_each_line_is_shown_once(followed: TaskLog) -> None:
    assert followed.new() == []  # no stream yet
    write("one\ntwo", stream=followed.stream)
    assert [line[9:] for line in followed.new()] == ["one", "two"]
    assert followed.new() == []
    write("three", stream=followed.stream)
    assert [line[9:] for line in followed.new()] == ["three"]


def test_an_empty_page_is_not_the_end(followed: TaskLog, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {"timestamp": 0, "message": "late"}
    pages = iter([([], "f/1"), ([event], "f/2"), ([], "f/2")])

    def get_log_events(**_: object) -> dict[str, object]:
        events, token = next(pages)
        return {"events": events, "nextForwardToken": token}

    monkeypatch.setattr(client("logs"), "get_log_events", get_log_events)
    assert followed.new() == ["00:00:00 late"]


def test_the_end_of_many_lines_is_shown(followed: TaskLog) -> None:
    write(*(f"line {n}" for n in range(KEPT + 7)), stream=followed.stream)
    first, *rest = followed.new()
    assert first.startswith("(7 earlier lines: aws logs tail /ecs/arbor-staging/migrations ")
    assert len(rest) == KEPT
    assert rest[-1].endswith(f"line {KEPT + 6}")


def refuses(code: str) -> Callable[..., Any]:
    def get_log_events(**_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no\x1b[2J"}}, "GetLogEvents")

    return get_log_events


def test_an_unreadable_log_is_reported_once_and_fails_nothing(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client("logs"), "get_log_events", refuses("AccessDeniedException"))
    migrated(staging)
    messages = [line for line in staging.output if "can't be read" in line]
    assert len(messages) == 1
    assert "AccessDenied" in messages[0]
    assert "\x1b" not in messages[0]


def test_a_line_like_markup_is_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress() as say:
        say("  INFO [alembic.runtime] [/closed]")
    assert "INFO [alembic.runtime] [/closed]" in capsys.readouterr().out


def test_the_printed_command_reads_the_whole_log(staging: Staging) -> None:
    log = TaskLog(account=Account(stack="x", client=client), group="/g", stream="a/b/c")
    assert staging
    assert log.command() == "aws logs tail /g --log-stream-names a/b/c --since 1d"

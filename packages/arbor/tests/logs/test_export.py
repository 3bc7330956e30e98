"""`arbor logs export`: the same command finds its export again.

tests/engine/test_faults.py covers a fault at each call.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moto.logs.models import logs_backends

from arbor.logs import export
from arbor.procedure import Failed, Refused, Run
from ecs_world import client
from log_fixtures import ACCOUNT, BUCKET, GROUP, NOW, operate, put
from pulumi_moto.clock import CLOCK

HOUR = timedelta(hours=1)
TODAY = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
DAY = f"{NOW:%Y-%m}"

pytestmark = pytest.mark.usefixtures("logged")


def plan(
    since: str = "24h", until: str | None = None, *, later: timedelta = timedelta(0)
) -> export.Export:
    return export.plan(ACCOUNT, "backend", export.period(since, until, NOW + later))


def carry_out(
    planned: export.Export, *, dry_run: bool = False, sleep: Callable[[float], None] = CLOCK.advance
) -> list[str]:
    output: list[str] = []
    planned.execute(Run(say=output.append, dry_run=dry_run, every=60, sleep=sleep))
    return output


def tasks() -> list[dict[str, Any]]:
    return list(client("logs").describe_export_tasks()["exportTasks"])


def begin() -> str:
    """Start an export by hand."""
    made = client("logs").create_export_task(
        taskName="by hand",
        logGroupName=GROUP,
        fromTime=1,
        to=2,
        destination=BUCKET,
        destinationPrefix="logs/theirs",
    )
    return str(made["taskId"])


def killed_after(planned: export.Export) -> None:
    """Start it without waiting, as a killed run does."""
    planned._step().do()  # noqa: SLF001 - the run that does it also waits


def test_the_export_is_in_the_bucket_at_the_printed_place() -> None:
    put("within")
    output = carry_out(plan())
    (task,) = tasks()
    where = f"logs/backend/{task['taskId']}/"
    assert task["status"]["code"] == "COMPLETED"
    assert task["to"] - task["from"] == 24 * 3600 * 1000
    assert f"  {GROUP}: RUNNING" in output
    assert output[-1].endswith(f" to {TODAY} is in s3://{BUCKET}/{where}")
    keys = [one["Key"] for one in client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert any(key.startswith(where) for key in keys)


def test_a_dry_run_starts_nothing() -> None:
    (output,) = carry_out(plan(), dry_run=True)
    assert output.startswith(f"would export {GROUP} from ")
    assert output.endswith(f"to s3://{BUCKET}/logs/backend")
    assert tasks() == []


@pytest.mark.parametrize(("ended", "later"), [(False, 20 * HOUR), (True, HOUR)])
def test_the_same_command_continues_its_export(ended: bool, later: timedelta) -> None:
    killed_after(plan())
    if ended:
        CLOCK.advance(60)
    output = carry_out(plan(later=later))
    assert output[0].startswith(f"continue the export of {GROUP} that was started as `arbor logs ")
    assert len(tasks()) == 1
    assert output[-1].endswith(f"{tasks()[0]['taskId']}/")


OTHERS = {
    "an hour and a second later": lambda: plan(later=HOUR + timedelta(seconds=1)),
    "another period": lambda: plan("25h"),
    "another end": lambda: plan("24h", "1h"),
    "an earlier end": lambda: plan(later=timedelta(seconds=-1)),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_command_starts_another(other: Any) -> None:
    carry_out(plan())
    carry_out(other())
    assert len(tasks()) == 2


def test_absolute_times_match_at_any_later_time() -> None:
    typed = (f"{NOW - HOUR:%Y-%m-%dT%H:%M:%S}", f"{NOW:%Y-%m-%dT%H:%M:%S}")
    carry_out(plan(*typed))
    output = carry_out(plan(*typed, later=timedelta(days=3)))
    assert output[0].startswith("continue")
    assert len(tasks()) == 1


@pytest.mark.parametrize("code", ["CANCELLED", "FAILED"])
def test_a_failed_export_is_started_anew(code: str) -> None:
    def end_badly(_: float) -> None:
        for task in logs_backends["123456789012"]["us-east-1"].export_tasks.values():
            task.status = {"code": code, "message": "out of luck"}

    with pytest.raises(Failed, match=f"ended as {code}: out of luck. .* starts a new export"):
        carry_out(plan(), sleep=end_badly)
    carry_out(plan())
    assert {task["status"]["code"] for task in tasks()} == {code, "COMPLETED"}


def test_another_running_export_is_refused_with_its_name() -> None:
    task = begin()
    with pytest.raises(Refused, match=f"one export at a time, and `by hand`, since {DAY}") as no:
        plan()
    assert f"of {GROUP} is RUNNING" in str(no.value)
    assert f"cancel-export-task --task-id {task}" in str(no.value)
    CLOCK.advance(60)
    carry_out(plan())
    assert len(tasks()) == 2


def test_a_simultaneous_export_is_left_alone() -> None:
    planned = plan()
    begin()
    with pytest.raises(Failed, match="No export was started: an account runs one export at a time"):
        carry_out(planned)
    assert len(tasks()) == 1


def test_a_call_whose_response_was_lost_is_not_repeated() -> None:
    planned, same = plan(), plan()
    killed_after(same)
    output = carry_out(planned)
    assert output[0].startswith("export ")
    assert len(tasks()) == 1
    assert tasks()[0]["taskId"] in output[-1]


def test_a_missing_group_or_bucket_is_refused() -> None:
    client("s3").delete_bucket_tagging(Bucket=BUCKET)
    with pytest.raises(Refused, match=r"0 buckets have the tags .*; run `pulumi up` of staging"):
        plan()
    client("logs").delete_log_group(logGroupName=GROUP)
    with pytest.raises(Refused, match=f"There is no log group {GROUP}"):
        plan()


def test_the_command_waits_for_its_export() -> None:
    CLOCK.set_speed(60_000)
    put("within")
    done = operate("logs", "export", "backend", "--yes", "--every", "0.001")
    assert done.exit_code == 0, done.output
    assert f"s3://{BUCKET}/logs/backend/{tasks()[0]['taskId']}/" in done.stdout
    CLOCK.set_speed(0)
    begin()
    assert operate("logs", "export", "backend", "--since", "1h", "--yes").exit_code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("backend", "--since", "soon"),
        ("backend", "--until", "2999-01-01"),
        ("backend", "--since", "1h", "--until", "2h"),
        ("backend", "--since", "1h", "--until", "1h"),
    ],
)
def test_an_invalid_period_exits_2(words: tuple[str, ...]) -> None:
    done = operate("logs", "export", *words, "--yes")
    assert done.exit_code == 2
    assert tasks() == []

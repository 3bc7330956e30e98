"""The pause of another command's deployment is answered while that command has the lock."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.bluegreen import start
from arbor.procedure import Failed, Run
from arbor.release import release
from arbor_names import naming
from ecs_world import client
from staging_fixtures import BACKEND, FRONTEND, NEW, OLD, STACK, Staging

LOCK = naming.operation_lock(STACK)
QUICK = ("--yes", "--every", "0.001")


def operate(*words: str) -> Result:
    return CliRunner().invoke(app, ["bluegreen", *words, "--stack", STACK])


def locked(command: str, *arguments: str) -> None:
    """An operator on another machine holds the lock."""
    holder = {
        "command": command,
        "arguments": arguments,
        "arn": "arn:aws:iam::123456789012:user/mia",
        "user": "mia",
        "host": "another",
        "process": 1,
        "since": "2026-01-27 12:00:00 UTC",
        "token": "theirs",
    }
    client("ssm").put_parameter(Name=LOCK, Value=json.dumps(holder), Type="String")


def held() -> Any:
    return json.loads(client("ssm").get_parameter(Name=LOCK)["Parameter"]["Value"])["token"]


def deploying(staging: Staging, *words: str) -> Result:
    """Deploy to a backend with a pause, and answer it from another terminal."""
    staging.pause(BACKEND)
    locked("deploy", NEW)
    answered: list[Result] = []

    def say(line: str) -> None:
        staging.output.append(line)
        if "paused at" in line:
            answered.append(operate(*words))

    run = staging.run()
    planned = release.plan(staging.account, NEW, opener=None)
    planned.execute(Run(say=say, every=run.every, sleep=run.sleep))
    (one,) = answered
    return one


def test_a_paused_deployment_of_the_locks_holder_is_answered(staging: Staging) -> None:
    done = deploying(staging, "switch", "--no-url", *QUICK)
    assert done.exit_code == 0, done.output
    assert f"answer the pause of {BACKEND} with CONTINUE" in done.stdout
    assert f"Answered. `deploy {NEW}` by mia on another" in done.stdout
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)
    assert held() == "theirs"


def test_abort_answers_the_pause_of_the_locks_holder(staging: Staging) -> None:
    with pytest.raises(Failed, match=f"{BACKEND} is back on {BACKEND}:1"):
        deploying(staging, "abort", *QUICK)
    assert staging.image(BACKEND) == OLD
    assert held() == "theirs"


def test_a_dry_run_answers_no_pause(staging: Staging) -> None:
    staging.pause(BACKEND)
    start.plan(staging.account, NEW, "backend", 60).execute(staging.run())
    client("ssm").delete_parameter(Name=naming.under_test(STACK, "backend"))
    locked("deploy", NEW)
    done = operate("switch", "--no-url", "--dry-run")
    assert done.exit_code == 0, done.output
    assert f"would answer the pause of {BACKEND}" in done.stdout
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"


def test_a_test_of_bluegreen_start_waits_for_the_lock(staging: Staging) -> None:
    start.plan(staging.account, NEW, None, 60).execute(staging.run())
    locked("cache flush")
    done = operate("switch", "--no-url", *QUICK)
    assert done.exit_code == 3
    assert "`cache flush` by mia on another" in done.stderr
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"


@pytest.mark.parametrize("word", ["switch", "abort"])
def test_two_simultaneous_answers_count_once(staging: Staging, word: str) -> None:
    staging.pause(BACKEND)
    start.plan(staging.account, NEW, "backend", 60).execute(staging.run())
    client("ssm").delete_parameter(Name=naming.under_test(STACK, "backend"))
    locked("bluegreen switch")
    done = operate(word, *QUICK)
    assert done.exit_code == 3
    assert "`bluegreen switch` by mia" in done.stderr
    assert staging.history(BACKEND)[0] == "IN_PROGRESS"

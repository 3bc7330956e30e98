"""`python -m tools.emulated`, run as a user runs it."""

import itertools
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.stack_file import PROJECT_DIR
from programs import captured
from pulumi_moto import remote

EMULATOR = [sys.executable, "-m", "tools.emulated"]


def emulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return captured([*EMULATOR, *arguments], cwd=PROJECT_DIR)


def test_run_deploys_runs_the_command_and_returns_its_exit_code() -> None:
    done = emulator(
        *("run", "--stack", "staging", "--", "sh", "-c"),
        'echo "at $AWS_ENDPOINT_URL with $AWS_ACCESS_KEY_ID via $HTTPS_PROXY"; exit 7',
    )
    assert done.returncode == 7, done.stderr
    assert "at http://127.0.0.1:" in done.stdout
    assert "with testing via http://127.0.0.1:9" in done.stdout
    assert "Network" in done.stdout  # the summary by component


@pytest.mark.slow
def test_ctrl_c_tears_everything_down(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    # Without job control, a shell starts background processes with SIGINT ignored, and children
    # inherit that: the command must handle the signal even if the test run started so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [
                *(*EMULATOR, "run", "--stack", "staging", "--"),
                *("sh", "-c", f"echo $$ > {marker}; sleep 60"),
            ],
            cwd=PROJECT_DIR,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    for _ in range(600):
        if marker.exists() and marker.read_text().strip():
            break
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, output = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "the emulated account is gone" in output
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["up", "--stack", "qa"], 2, "There is no stack qa; choose one of production, staging."),
        (["run", "--stack", "staging"], 2, "COMMAND is missing"),
        (["destroy", "--stack", "staging"], 3, "needs a served account with the stack"),
        (["refresh", "--stack", "staging"], 3, "python -m tools.emulated serve"),
    ],
)
def test_wrong_usage_gets_one_sentence_and_its_exit_code(
    arguments: list[str], code: int, sentence: str
) -> None:
    done = emulator(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@dataclass(frozen=True, kw_only=True)
class Served:
    """An account of `serve` with staging in it, and the lines that it printed."""

    environment: dict[str, str]

    def emulate(self, what: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m tools.emulated WHAT` for staging, with those lines evaluated."""
        return captured(
            [*EMULATOR, what, "--stack", "staging"],
            cwd=PROJECT_DIR,
            env={**os.environ, **self.environment},
        )

    @property
    def client(self) -> Callable[[str], Any]:
        return remote.clients(self.environment["AWS_ENDPOINT_URL"], self.environment["AWS_REGION"])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with subprocess.Popen(
        [*EMULATOR, "serve", "--stack", "staging", "--speed", "600"],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        lines = itertools.takewhile(lambda line: line.startswith("export "), serving.stdout)
        words = [shlex.split(line)[1] for line in lines]
        account = Served(environment=dict(word.split("=", 1) for word in words))
        up = account.emulate("up")
        assert up.returncode == 0, up.stderr
        assert "create" in up.stdout
        yield account
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=30) == 0


@pytest.mark.xdist_group("served")
def test_a_rollback_by_ecs_is_reported_and_the_next_up_recovers(served: Served) -> None:
    ecs, elb = served.client("ecs"), served.client("elbv2")
    service = {"cluster": "arbor-staging-cluster", "service": "arbor-staging-backend"}
    ecs.update_service(**service, enableExecuteCommand=False)
    (found,) = ecs.describe_services(cluster=service["cluster"], services=[service["service"]])[
        "services"
    ]
    arn = found["loadBalancers"][0]["advancedConfiguration"]["testListenerRule"]
    (rule,) = elb.describe_rules(RuleArns=[arn])["Rules"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    elb.modify_rule(RuleArn=arn, Actions=[forward(groups[:1])])

    assert served.emulate("refresh").returncode == 0
    failed = served.emulate("up")
    assert failed.returncode == 1
    assert "arbor-staging-backend ended as ROLLBACK_SUCCESSFUL" in failed.stderr
    assert f"is not associated with listener rule {arn}" in failed.stderr
    assert "Traceback" not in failed.stderr

    elb.modify_rule(RuleArn=arn, Actions=[forward(groups)])
    healed = served.emulate("up")
    assert healed.returncode == 0, healed.stderr
    assert ecs.describe_services(cluster=service["cluster"], services=[service["service"]])[
        "services"
    ][0]["enableExecuteCommand"]


@pytest.mark.xdist_group("served")
def test_a_served_account_keeps_a_stack_between_commands(served: Served) -> None:
    preview, destroy = served.emulate("preview"), served.emulate("destroy")
    assert (preview.returncode, destroy.returncode) == (0, 0), destroy.stderr
    assert "create" not in preview.stdout
    assert "delete" in destroy.stdout


def forward(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}

"""`python -m emulator`, run as its user runs it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulator.engine import PROJECT_DIR

EMULATOR = [sys.executable, "-m", "emulator"]


def emulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EMULATOR, *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_run_deploys_runs_the_command_and_passes_its_exit_code_through() -> None:
    done = emulator(
        *("run", "--stack", "staging", "--", "sh", "-c"),
        'echo "at $AWS_ENDPOINT_URL with $AWS_ACCESS_KEY_ID via $HTTPS_PROXY"; exit 7',
    )
    assert done.returncode == 7, done.stderr
    assert "at http://127.0.0.1:" in done.stdout
    assert "with testing via http://127.0.0.1:9" in done.stdout
    assert "Network" in done.stdout  # the summary by component


def test_ctrl_c_tears_everything_down(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    process = subprocess.Popen(
        [*EMULATOR, "run", "--stack", "staging", "--", "sh", "-c", f"echo $$ > {marker}; sleep 60"],
        cwd=PROJECT_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for _ in range(600):
        if marker.exists() and marker.read_text().strip():
            break
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the emulated account is gone" in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["up", "--stack", "qa"], 2, "There is no stack qa; choose one of production, staging."),
        (["run", "--stack", "staging"], 2, "There is no command to run"),
        (["destroy", "--stack", "staging"], 3, "needs an account with the stack in it"),
        (["refresh", "--stack", "staging"], 3, "python -m emulator serve"),
    ],
)
def test_bad_input_gets_one_sentence_and_its_code(
    arguments: list[str], code: int, sentence: str
) -> None:
    done = emulator(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_served_account_keeps_a_stack_between_commands() -> None:
    with subprocess.Popen(
        [*EMULATOR, "serve", "--stack", "staging", "--speed", "600", "--until-input-closes"],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdin is not None
        assert serving.stdout is not None
        lines = []
        for line in serving.stdout:
            if not line.startswith("export "):
                break
            lines.append(line)

        def emulate(what: str) -> subprocess.CompletedProcess[str]:
            command = f"{sys.executable} -m emulator {what} --stack staging"
            return subprocess.run(
                ["sh", "-c", f"{''.join(lines)}\n{command}"],
                cwd=PROJECT_DIR,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )

        up, preview, destroy = (emulate(what) for what in ("up", "preview", "destroy"))
        serving.stdin.close()
        serving.wait(timeout=30)
    assert (up.returncode, preview.returncode, destroy.returncode) == (0, 0, 0), up.stderr
    assert "create" in up.stdout
    assert "create" not in preview.stdout
    assert "delete" in destroy.stdout

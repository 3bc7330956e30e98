"""`status` and `triage` in an account that the real engine brought production up in."""

import json
import os
import subprocess
import sys
from pathlib import Path

from engine_stack import Deployed

ROOT = Path(__file__).parents[2]


def operate(stack: Deployed, *words: str) -> subprocess.CompletedProcess[str]:
    """As an operator does: AWS credentials, and nothing of Pulumi's."""
    account = {key: value for key, value in stack.environment.items() if "PULUMI" not in key}
    path = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "operations", *words],
        cwd=ROOT,
        env={**path, **account},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_production_is_fine_as_it_was_brought_up(production: Deployed) -> None:
    done = operate(production, "status")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "OK  database             available, db.t3.medium, Multi-AZ" in done.stdout
    assert "OK  cache                available, 2 nodes, automatic failover enabled" in done.stdout
    assert "OK  certificate          ISSUED" in done.stdout
    assert "OK  alarms               none of 4 rings" in done.stdout


def test_a_domain_that_nobody_can_reach_is_all_that_triage_finds(production: Deployed) -> None:
    done = operate(production, "triage", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["severity"] == "P1"
    assert [one["evidence"].split(":")[0] for one in found["findings"]] == [
        "the API does not answer",
        "the frontend does not answer",
    ]
    assert found["unknown"] == []

"""`status` and `triage` in an account in which the real engine created production."""

import json

from engine_stack import Deployed


def test_status_finds_only_the_domain_unreachable(production: Deployed) -> None:
    done = production.operate("status")
    assert done.returncode == 1, done.stderr
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("NG", "??"))]
    assert [line.split("  ")[1] for line in wrong] == ["backend URL", "frontend URL"], done.stderr
    assert " ".join(done.stdout.split()).count("does not answer") == 2  # the domain doesn't resolve
    assert "OK  database             available, db.t3.medium, Multi-AZ" in done.stdout
    assert "OK  cache                available, 3 nodes, automatic failover enabled" in done.stdout
    assert "OK  certificate          ISSUED" in done.stdout
    assert "OK  alarms               0 of 4 alarms in ALARM" in done.stdout


def test_triage_finds_only_the_domain_unreachable(production: Deployed) -> None:
    done = production.operate("triage", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["severity"] == "P1"
    assert [one["evidence"].rsplit(":", 1)[0] for one in found["findings"]] == [
        "backend: its public URL does not answer",
        "frontend: its public URL does not answer",
    ]
    assert found["unknown"] == []

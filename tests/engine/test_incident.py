"""`status` and `triage` in an account that the real engine brought production up in."""

import json

from engine_stack import Deployed


def test_production_is_fine_as_it_was_brought_up_but_for_its_domain(production: Deployed) -> None:
    done = production.operate("status")
    assert done.returncode == 1, done.stderr
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("NG", "??"))]
    assert [line.split("  ")[1] for line in wrong] == ["backend URL", "frontend URL"], done.stderr
    assert " ".join(done.stdout.split()).count("does not answer") == 2  # the domain leads nowhere
    assert "OK  database             available, db.t3.medium, Multi-AZ" in done.stdout
    assert "OK  cache                available, 3 nodes, automatic failover enabled" in done.stdout
    assert "OK  certificate          ISSUED" in done.stdout
    assert "OK  alarms               none of 4 rings" in done.stdout


def test_a_domain_that_nobody_can_reach_is_all_that_triage_finds(production: Deployed) -> None:
    done = production.operate("triage", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["severity"] == "P1"
    assert [one["evidence"].split(":")[0] for one in found["findings"]] == [
        "the API does not answer",
        "the frontend does not answer",
    ]
    assert found["unknown"] == []

"""restart, rollback and revisions: output and exit codes for scripts."""

import json

from typer.testing import CliRunner, Result

from arbor.__main__ import app
from ecs_world import client
from pulumi_moto.clock import CLOCK
from release_fixtures import deployed, runs
from staging_fixtures import BACKEND, CLUSTER, FRONTEND, NEW, OLD, STACK, Staging


def operate(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words, "--stack", STACK], input=answer)


def write(*words: str) -> Result:
    return operate(*words, "--yes", "--every", "0.001")


def test_a_rollback_and_its_repetition_exit_0(staging: Staging) -> None:
    deployed(staging)
    CLOCK.set_speed(60_000)
    done = write("rollback")
    assert done.exit_code == 0, done.output
    assert f"frontend and backend of {STACK} rolled back. Migrations are not undone" in done.stdout
    assert runs(BACKEND) == {f"{BACKEND}:1"}
    deployments = staging.deployments(BACKEND)
    again = write("rollback")
    assert again.exit_code == 0, again.output
    assert f"backend was rolled back from {BACKEND}:2 to {BACKEND}:1 at" in again.stdout
    assert "rolled back. Migrations" not in again.stdout
    assert staging.deployments(BACKEND) == deployments


def test_a_finished_rollback_requires_no_confirmation(staging: Staging) -> None:
    deployed(staging)
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, taskDefinition=f"{BACKEND}:1")
    staging.finish()
    done = operate("rollback", "backend")
    assert done.exit_code == 0, done.output
    assert "Proceed?" not in done.stdout
    assert operate("rollback", "backend", "--dry-run").exit_code == 0


def test_a_refused_rollback_exits_3(staging: Staging) -> None:
    assert staging
    done = write("rollback", "backend")
    assert done.exit_code == 3
    assert "Refused, nothing was changed: backend has no revision to roll back to" in done.stderr
    assert write("rollback", "backend", "--to", "7").exit_code == 3


def test_a_restart_exits_0_and_a_second_one_during_it_3(staging: Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    done = write("restart", "backend")
    assert done.exit_code == 3
    assert f"{BACKEND} is being deployed" in done.stderr
    staging.finish()
    CLOCK.set_speed(60_000)
    done = write("restart", "backend")
    assert done.exit_code == 0, done.output
    assert f"backend of {STACK} restarted." in done.stdout
    assert len(staging.deployments(BACKEND)) == 3


def test_revisions_are_listed_with_version_owner_and_image(staging: Staging) -> None:
    deployed(staging)
    staging.infrastructure("backend", environment=[])
    client("ecr").batch_delete_image(repositoryName="backend", imageIds=[{"imageTag": OLD}])
    done = operate("revisions", "backend", "--json")
    assert done.exit_code == 0, done.output
    found = [
        (row["number"], row["version"], row["managed_by"], row["live"], row["has_image"])
        for row in json.loads(done.stdout)
    ]
    assert found == [
        (3, OLD, "pulumi", False, False),
        (2, NEW, "release", True, True),
        (1, OLD, "pulumi", False, False),
    ]
    table = operate("revisions").stdout
    assert f"{FRONTEND}:2" in table
    assert "MISSING" in table
    assert len(json.loads(operate("revisions", "--limit", "1", "--json").stdout)) == 2


def test_an_unknown_live_revision_is_a_warning(staging: Staging) -> None:
    assert staging
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    done = operate("revisions")
    assert done.exit_code == 0
    assert "The live revision of backend is unknown" in done.stderr
    assert "frontend" not in done.stderr

"""The database's connections: every command that starts tasks checks them before it writes."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor.bluegreen import start
from arbor.ecs import connections, revisions, services
from arbor.procedure import Refused
from arbor.release import release, restart, rollback
from arbor.release.verify import capacity, snapshot, table
from arbor.release.verify.snapshot import Skipped
from arbor.scale import count, size
from connection_fixtures import container, database, live
from ecs_world import client
from scale_fixtures import now, register
from staging_fixtures import BACKEND, CLUSTER, NEW, Staging

Plan = Callable[[Staging], Any]


@pytest.fixture
def small(staging: Staging) -> Staging:
    """The backend has three tasks of two workers: 180 connections, and 360 in both colours."""
    register(staging, "backend", MinCapacity=2, MaxCapacity=10)
    live(staging, 2, count=3)
    return staging


COMMANDS: dict[str, tuple[Plan, str]] = {
    "scale": (
        lambda staging: count.plan(staging.account, "backend", 4, None, now()),
        f"{BACKEND} with 4 tasks needs 480",
    ),
    "resize": (
        lambda staging: size.plan(staging.account, "backend", size.Size(cpu=1024, memory=2048)),
        "The resize needs 360",
    ),
    "release": (
        lambda staging: release.plan(staging.account, NEW, opener=None),
        "The release needs 360",
    ),
    "deploy": (
        lambda staging: release.plan(staging.account, NEW, migrates=False, opener=None),
        "The release needs 360",
    ),
    "rollback": (
        lambda staging: rollback.plan(staging.account, ("backend",), "1"),
        "The rollback needs 540",
    ),
    "restart": (
        lambda staging: restart.plan(staging.account, ("backend",)),
        "The restart needs 360",
    ),
    "bluegreen start": (
        lambda staging: start.plan(staging.account, NEW, "backend", 60),
        f"The deployment of {BACKEND} needs 360",
    ),
}
each_command = pytest.mark.parametrize("command", COMMANDS)


@each_command
def test_a_command_that_would_exhaust_the_database_is_refused_and_writes_nothing(
    small: Staging, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    database("db.t3.small")
    plan, found = COMMANDS[command]
    old_image(monkeypatch)
    before = small.writes()
    with pytest.raises(Refused) as refused:
        plan(small)
    message = str(refused.value)
    assert message.startswith(f"{found} database connections in both colours; db.t3.small ")
    assert "allows the application 170: run `arbor database scale db." in message
    assert "\n" not in message
    assert small.writes() == before


def old_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make revision 1 of the backend use the image's own workers."""
    ecs = client("ecs")
    describe = ecs.describe_task_definition

    def described(**requested: Any) -> Any:
        answer = describe(**requested)
        if answer["taskDefinition"]["taskDefinitionArn"].endswith(f"{BACKEND}:1"):
            answer["taskDefinition"]["containerDefinitions"][0] |= container()
        return answer

    monkeypatch.setattr(ecs, "describe_task_definition", described)


@each_command
def test_a_command_that_fits_is_planned(small: Staging, command: str) -> None:
    database("db.t3.large")
    plan, _ = COMMANDS[command]
    assert plan(small)


@each_command
def test_an_unreadable_database_refuses_nothing(
    small: Staging, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Call")

    database("db.t3.small")
    monkeypatch.setattr(client("rds"), "describe_db_instances", denied)
    plan, _ = COMMANDS[command]
    assert plan(small)


def test_the_refusal_of_a_scale_has_the_limit_and_the_remedy(small: Staging) -> None:
    database("db.t3.medium")
    with pytest.raises(Refused) as refused:
        count.plan(small.account, "backend", 4, None, now())
    assert str(refused.value) == (
        f"{BACKEND} with 4 tasks needs 480 database connections in both colours; db.t3.medium "
        "allows the application 384: run `arbor database scale db.m6i.large --stack staging`, or "
        "choose at most 3."
    )


def test_a_revision_without_a_command_has_the_images_workers(staging: Staging) -> None:
    """A revision from before `workers` in config, or one registered by hand."""
    register(staging, "backend", MinCapacity=1, MaxCapacity=10)
    live(staging, None, count=1)
    database("db.t3.medium")
    with pytest.raises(Refused, match=r"with 2 tasks needs 480 database connections"):
        count.plan(staging.account, "backend", 2, None, now())


def test_fewer_tasks_are_never_refused(small: Staging) -> None:
    """Fewer tasks bring a stack back below the limit."""
    database("db.t3.micro")
    assert count.plan(small.account, "backend", 2, None, now())


def test_a_release_to_fewer_workers_is_never_refused(staging: Staging) -> None:
    """The first release of a stack from before `workers` in config."""
    live(staging, None, count=3)
    staging.infrastructure("backend", **container(("gunicorn", "--workers=1"), pool="30"))
    database("db.t3.medium")
    assert connections.running([services.read(staging.account, "backend")]) == 360
    assert release.plan(staging.account, NEW, migrates=False, opener=None)


def test_a_release_to_more_workers_is_refused(staging: Staging) -> None:
    live(staging, 1, count=3)
    staging.infrastructure("backend", **container(("gunicorn", "--workers=4"), pool="30"))
    database("db.t3.medium")
    with pytest.raises(Refused, match="The release needs 450 database connections"):
        release.plan(staging.account, NEW, migrates=False, opener=None)


def test_a_service_without_the_database_is_not_counted(small: Staging) -> None:
    database("db.t3.micro")
    register(small, "frontend", MinCapacity=2, MaxCapacity=10)
    assert restart.plan(small.account, ("frontend",))
    assert count.plan(small.account, "frontend", 9, None, now())


def test_services_deployed_in_parallel_are_added_up(small: Staging) -> None:
    """The backend twice, for two services with the database."""
    database("db.t3.medium")
    service = services.read(small.account, "backend")
    held = revisions.read(small.account, service.task_definition).definition
    twice = [(service, held), (service, held)]
    assert not list(connections.exceeded(small.account, "It", twice))
    (sentence,) = connections.exceeded(small.account, "It", twice, in_parallel=True)
    assert sentence.startswith("It needs 540 database connections")


def test_during_a_deployment_both_colours_are_counted(small: Staging) -> None:
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, forceNewDeployment=True)
    assert connections.running(services.every(small.account)) == 360


@pytest.mark.usefixtures("small")
def test_a_revision_of_another_pipeline_has_the_same_connections() -> None:
    """The pipeline describes the live revision and registers it with another image."""
    ecs = client("ecs")
    found = ecs.describe_task_definition(taskDefinition=BACKEND)["taskDefinition"]
    found["containerDefinitions"][0]["image"] = "registry.example/backend:abc"
    rendered = {
        key: found[key]
        for key in ("family", "containerDefinitions", "networkMode", "cpu", "memory")
    }
    made = ecs.register_task_definition(**rendered)["taskDefinition"]
    assert connections.of(made) == connections.Task(workers=2, pool=30)


def test_a_label_has_the_connections_of_a_worker() -> None:
    labelled: Any = {"containerDefinitions": [container(("gunicorn",), pool="8")]}
    assert connections.of(labelled) == connections.Task(workers=1, pool=8)
    assert connections.of({"containerDefinitions": [{"name": "a"}]}).connections == 0


def test_a_database_of_an_unknown_class_refuses_nothing(
    small: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        client("rds"),
        "describe_db_instances",
        lambda **_: {"DBInstances": [{"DBInstanceClass": "db.x9.huge"}]},
    )
    assert count.plan(small.account, "backend", 9, None, now())


def test_a_size_too_small_for_the_workers_is_refused(small: Staging) -> None:
    database("db.t3.large")
    with pytest.raises(Refused) as refused:
        size.plan(small.account, "backend", size.Size(cpu=256, memory=1024))
    assert str(refused.value) == (
        f"Each task of {BACKEND} starts 2 workers, and 256 CPU units carry 1: set "
        "arbor:services.backend.workers to at most 1, run `pulumi up` of staging, and release a "
        "version first."
    )


def test_a_larger_size_is_accepted_even_if_too_small_for_the_workers(staging: Staging) -> None:
    live(staging, None, count=2)
    database("db.m6i.large")
    assert size.plan(staging.account, "backend", size.Size(cpu=1024, memory=2048))


def test_verify_shows_the_connections_of_a_deployment(small: Staging) -> None:
    database("db.t3.medium")
    (line,) = [
        line
        for line in table.checks(snapshot.read(small.account, NEW))
        if line.name == "connections"
    ]
    assert (line.status, line.message) == (
        "OK",
        "360 of 384 database connections needed in both colours.",
    )


def test_verify_finds_a_database_that_a_deployment_would_exhaust(small: Staging) -> None:
    database("db.t3.small")
    (sentence,) = capacity.database_connections(snapshot.read(small.account, NEW)).wrong
    assert sentence.startswith("A deployment needs 360 database connections in both colours; ")


def test_verify_without_a_database_skips_the_check(small: Staging) -> None:
    with pytest.raises(Skipped, match="360 are needed"):
        capacity.database_connections(snapshot.read(small.account, NEW))

"""The quota of Fargate vCPUs: every command that starts tasks looks before it writes."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor.bluegreen import start
from arbor.procedure import Refused
from arbor.release import release, restart, rollback
from arbor.scale import count, size
from ecs_world import client
from operations_world import BACKEND, FRONTEND, NEW, World
from release_world import deployed
from scale_world import now, register

RAISE = (
    "`aws service-quotas request-service-quota-increase --service-code fargate "
    "--quota-code L-3032A538 --desired-value {}`"
)
Plan = Callable[[World], Any]


def allow(vcpus: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Service Quotas tells."""
    monkeypatch.setattr(
        client("service-quotas"),
        "get_service_quota",
        lambda **_: {"Quota": {"Value": vcpus}},
    )


@pytest.fixture
def small(world: World) -> World:
    """Two services of two tasks with half a vCPU each; NEW is live, and OLD was before."""
    register(world, "backend", MinCapacity=2, MaxCapacity=10)
    deployed(world, NEW)
    return world


# What a command needs: the 2 vCPUs that run, and what it starts beside them.
COMMANDS: dict[str, tuple[Plan, float, str]] = {
    "scale": (
        lambda world: count.plan(world.account, "backend", 6, None, now()),
        4,
        f"{BACKEND} with 6 tasks needs 4 Fargate vCPUs",
    ),
    "resize": (
        lambda world: size.plan(world.account, "backend", size.Size(cpu=2048, memory=4096)),
        6,
        "The resize needs 6 Fargate vCPUs",
    ),
    "release": (
        lambda world: release.plan(world.account, "v1.0.0", opener=None),
        3,
        "The release needs 3 Fargate vCPUs",
    ),
    "deploy": (
        lambda world: release.plan(world.account, "v1.0.0", migrates=False, opener=None),
        3,
        "The release needs 3 Fargate vCPUs",
    ),
    "rollback": (
        lambda world: rollback.plan(world.account, ("frontend", "backend")),
        3,
        "The rollback needs 3 Fargate vCPUs",
    ),
    "restart": (
        lambda world: restart.plan(world.account, ("frontend",)),
        3,
        "The restart needs 3 Fargate vCPUs",
    ),
    "bluegreen start": (
        lambda world: start.plan(world.account, "v1.0.0", None, 60),
        4,
        f"The deployment of {BACKEND} and {FRONTEND} needs 4 Fargate vCPUs",
    ),
}
each_command = pytest.mark.parametrize("command", COMMANDS)


@each_command
def test_a_command_that_would_exceed_the_quota_is_refused_and_writes_nothing(
    small: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    plan, needed, sentence = COMMANDS[command]
    allow(needed - 0.25, monkeypatch)
    before = small.writes()
    with pytest.raises(Refused) as refused:
        plan(small)
    told = str(refused.value)
    assert told.startswith(f"{sentence}, and the account's quota is {needed - 0.25:g}: ")
    assert RAISE.format(f"{needed:g}") in told
    assert small.writes() == before


@each_command
def test_a_command_that_fits_exactly_is_planned(
    small: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    plan, needed, _ = COMMANDS[command]
    allow(needed, monkeypatch)
    assert plan(small)


@each_command
def test_a_quota_that_may_not_be_read_stops_nothing(
    small: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Call")

    monkeypatch.setattr(client("service-quotas"), "get_service_quota", denied)
    plan, _, _ = COMMANDS[command]
    assert plan(small)


def test_a_scale_after_which_no_deployment_fits_is_said(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(5, monkeypatch)
    notes = list(count.plan(small.account, "backend", 6, None, now()).notes())
    assert any(
        note.startswith("The next deployment needs 7 Fargate vCPUs, and the account's quota is 5:")
        for note in notes
    )


def test_fewer_tasks_are_never_refused(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are how an account gets below its quota again."""
    allow(1, monkeypatch)
    assert count.plan(small.account, "backend", 1, None, now())


def test_a_release_that_starts_no_task_needs_no_vcpu(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(1, monkeypatch)
    assert release.plan(small.account, NEW, migrates=False, opener=None)


def test_what_ecs_takes_back_itself_is_not_refused(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("ecs").update_service(
        cluster=small.account.cluster, service=FRONTEND, taskDefinition=f"{FRONTEND}:1"
    )
    allow(1, monkeypatch)
    assert rollback.plan(small.account, ("frontend",))

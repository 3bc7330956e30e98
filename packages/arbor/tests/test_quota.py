"""The quota of Fargate vCPUs: every command that starts tasks checks it before it writes."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor.bluegreen import start
from arbor.procedure import Refused
from arbor.release import release, restart, rollback
from arbor.scale import count, size
from ecs_world import client
from release_fixtures import deployed
from scale_fixtures import now, register
from staging_fixtures import BACKEND, FRONTEND, NEW, Staging

RAISE = (
    "`aws service-quotas request-service-quota-increase --service-code fargate "
    "--quota-code L-3032A538 --desired-value {}`"
)
Plan = Callable[[Staging], Any]


def allow(vcpus: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the quota in Service Quotas."""
    monkeypatch.setattr(
        client("service-quotas"), "get_service_quota", lambda **_: {"Quota": {"Value": vcpus}}
    )


@pytest.fixture
def small(staging: Staging) -> Staging:
    """Two services of two tasks with half a vCPU each; NEW is live, OLD is the previous version."""
    register(staging, "backend", MinCapacity=2, MaxCapacity=10)
    deployed(staging, NEW)
    return staging


# The need of a command: the 2 running vCPUs and those that it starts.
COMMANDS: dict[str, tuple[Plan, float, str]] = {
    "scale": (
        lambda staging: count.plan(staging.account, "backend", 6, None, now()),
        4,
        f"{BACKEND} with 6 tasks needs 4 Fargate vCPUs",
    ),
    "resize": (
        lambda staging: size.plan(staging.account, "backend", size.Size(cpu=2048, memory=4096)),
        6,
        "The resize needs 6 Fargate vCPUs",
    ),
    "release": (
        lambda staging: release.plan(staging.account, "v1.0.0", opener=None),
        3,
        "The release needs 3 Fargate vCPUs",
    ),
    "deploy": (
        lambda staging: release.plan(staging.account, "v1.0.0", migrates=False, opener=None),
        3,
        "The release needs 3 Fargate vCPUs",
    ),
    "rollback": (
        lambda staging: rollback.plan(staging.account, ("frontend", "backend")),
        3,
        "The rollback needs 3 Fargate vCPUs",
    ),
    "restart": (
        lambda staging: restart.plan(staging.account, ("frontend",)),
        3,
        "The restart needs 3 Fargate vCPUs",
    ),
    "bluegreen start": (
        lambda staging: start.plan(staging.account, "v1.0.0", None, 60),
        4,
        f"The deployment of {BACKEND} and {FRONTEND} needs 4 Fargate vCPUs",
    ),
}
each_command = pytest.mark.parametrize("command", COMMANDS)


@each_command
def test_a_command_that_would_exceed_the_quota_is_refused_and_writes_nothing(
    small: Staging, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    plan, needed, sentence = COMMANDS[command]
    allow(needed - 0.25, monkeypatch)
    before = small.writes()
    with pytest.raises(Refused) as refused:
        plan(small)
    message = str(refused.value)
    assert message.startswith(f"{sentence}; the account's quota is {needed - 0.25:g}: ")
    assert RAISE.format(f"{needed:g}") in message
    assert small.writes() == before


@each_command
def test_a_command_that_fits_exactly_is_planned(
    small: Staging, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    plan, needed, _ = COMMANDS[command]
    allow(needed, monkeypatch)
    assert plan(small)


@each_command
def test_an_unreadable_quota_refuses_nothing(
    small: Staging, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Call")

    monkeypatch.setattr(client("service-quotas"), "get_service_quota", denied)
    plan, _, _ = COMMANDS[command]
    assert plan(small)


def test_a_scale_that_leaves_too_little_for_a_deployment_is_noted(
    small: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(5, monkeypatch)
    notes = list(count.plan(small.account, "backend", 6, None, now()).notes())
    assert any(
        note.startswith("The next deployment needs 7 Fargate vCPUs; the account's quota is 5:")
        for note in notes
    )


def test_fewer_tasks_are_never_refused(small: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer tasks bring an account back below its quota."""
    allow(1, monkeypatch)
    assert count.plan(small.account, "backend", 1, None, now())


def test_a_release_that_starts_no_task_needs_no_vcpu(
    small: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(1, monkeypatch)
    assert release.plan(small.account, NEW, migrates=False, opener=None)


def test_a_rollback_by_ecs_itself_is_not_refused(
    small: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("ecs").update_service(
        cluster=small.account.cluster, service=FRONTEND, taskDefinition=f"{FRONTEND}:1"
    )
    allow(1, monkeypatch)
    assert rollback.plan(small.account, ("frontend",))

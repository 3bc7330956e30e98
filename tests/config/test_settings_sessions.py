"""Settings of the pipeline's logins, and of waits that must end within a session."""

import json
from typing import Any

import pytest

from access import sessions as ci_sessions
from arbor.ecs import services
from arbor.release import migrate
from components import service
from config import settings
from refusals import problems
from stack_config import stack_values

MOST = ci_sessions.DEPLOYING_MINUTES // 2 - ci_sessions.STARTING_MINUTES
WHY = (
    "a job holds credentials for 5 hours, in which a release runs its migration (up to 60 minutes) "
    "and deploys 2 services, each with 30 minutes to start"
)


def test_one_number_of_githubs_without_the_other_is_refused() -> None:
    wanted = "allowed: GitHub's number, because {} is set; or empty both."
    assert problems("staging", githubRepositoryId="7") == (
        f'arbor:githubOwnerId is ""; {wanted.format("githubRepositoryId")}',
    )
    assert problems("staging", githubOwnerId="7") == (
        f'arbor:githubRepositoryId is ""; {wanted.format("githubOwnerId")}',
    )


def test_githubs_numbers_are_accepted_with_and_without_quotes() -> None:
    for number in ("7", 7):
        values = stack_values("staging", githubOwnerId=number, githubRepositoryId=number)
        github = settings.parse(values, "staging").github
        assert github is not None
        assert (github.owner_id, github.repository_id) == ("7", "7")


@pytest.mark.parametrize(
    ("bake", "pause", "sentence"),
    [
        (MOST + 1, None, f"arbor:bakeTimeMinutes is {MOST + 1}; allowed: at most {MOST} minutes"),
        (
            15,
            MOST - 14,
            (
                f"arbor:pauseTimeoutMinutes is {MOST - 14}; allowed: at most {MOST - 15} minutes "
                "with bakeTimeMinutes 15"
            ),
        ),
        (
            MOST,
            60,
            (
                f"arbor:bakeTimeMinutes is {MOST}; allowed: less than {MOST} minutes, shared with "
                "pauseTimeoutMinutes, or pauseBeforeProduction: false and at most "
                f"{MOST} minutes"
            ),
        ),
    ],
)
def test_waits_longer_than_a_session_are_refused(
    bake: int, pause: int | None, sentence: str
) -> None:
    config = {"bakeTimeMinutes": bake, "pauseBeforeProduction": pause is not None}
    values = config if pause is None else {**config, "pauseTimeoutMinutes": pause}
    assert problems("production", **values) == (f"{sentence}: {WHY}.",)


@pytest.mark.parametrize(("bake", "pause"), [(MOST, None), (15, MOST - 15)])
def test_waits_that_just_fit_are_accepted(bake: int, pause: int | None) -> None:
    config = {"bakeTimeMinutes": bake, "pauseBeforeProduction": pause is not None}
    values = config if pause is None else {**config, "pauseTimeoutMinutes": pause}
    deployment = settings.parse(stack_values("production", **values), "production").deployment
    assert deployment.bake_minutes + deployment.pause_minutes == MOST


@pytest.mark.parametrize(("number", "most"), [(1, 200), (3, 46), (5, 16)])
def test_the_services_of_a_stack_share_the_session(number: int, most: int) -> None:
    values: dict[str, Any] = {"services": services_of(number), "bakeTimeMinutes": most}
    assert settings.parse(stack_values("production", **values), "production")
    counted = "1 service" if number == 1 else f"{number} services"
    why = WHY.replace("2 services", counted)
    values["bakeTimeMinutes"] = most + 1
    assert problems("production", **values) == (
        f"arbor:bakeTimeMinutes is {most + 1}; allowed: at most {most} minutes: {why}.",
    )


@pytest.mark.parametrize(
    ("stack", "bake", "pause", "most"),
    [("production", 10, False, 5), ("production", 10, True, 5), ("staging", 0, False, 7)],
)
def test_more_services_than_a_release_can_deploy_in_a_session_are_refused(
    stack: str, bake: int, pause: bool, most: int
) -> None:
    values: dict[str, Any] = {
        "bakeTimeMinutes": bake,
        "pauseBeforeProduction": False,
        "databaseClass": "db.t3.medium",
        "fargateVcpuQuota": 100,
    }
    assert settings.parse(stack_values(stack, services=services_of(most), **values), stack)
    values["pauseBeforeProduction"] = pause
    (found,) = problems(stack, services=services_of(most + 1), **values)
    assert found.startswith(
        f"arbor:services has {most + 1} services; allowed: at most {most}: a job holds credentials"
    )


def services_of(number: int) -> dict[str, Any]:
    """The backend, and as many copies of the frontend as it takes."""
    committed = json.loads(stack_values("production")["arbor:services"])
    copies = {
        f"app-{one}": {**committed["frontend"], "priority": 200 + one, "paths": [f"/{one}/*"]}
        for one in range(1, number)
    }
    return {"backend": committed["backend"], **copies}


def test_a_release_by_hand_may_wait_longer() -> None:
    """A person's own credentials have another lifetime."""
    values = stack_values("production", bakeTimeMinutes=1440, githubRepository="")
    assert settings.parse(values, "production").deployment.bake_minutes == 1440


def test_the_longest_waits_are_computed_from_the_real_ones() -> None:
    assert ci_sessions.STARTING_MINUTES == service.STARTING_MINUTES == services.STARTING_MINUTES
    assert ci_sessions.MIGRATION_MINUTES * 60 == migrate.HOUR
    assert 2 * (ci_sessions.STARTING_MINUTES + MOST) + 70 == ci_sessions.WRITE_SECONDS // 60


def test_sessions_are_within_the_limits_of_sts_and_github() -> None:
    for seconds in (ci_sessions.READ_SECONDS, ci_sessions.WRITE_SECONDS):
        assert 3600 <= seconds <= 12 * 3600
        assert seconds <= 6 * 3600

"""Pauses of a deployment, and how an operator answers them."""

from collections.abc import Callable

import pytest

from arbor.procedure import Failed, Run
from arbor.release import release
from ecs_world import client
from staging_fixtures import BACKEND, FRONTEND, NEW, OLD, Staging


def answered(staging: Staging, name: str, action: str) -> Callable[[str], None]:
    """Answer a service's pause as soon as the release reports it."""

    def say(line: str) -> None:
        staging.output.append(line)
        if line.strip().startswith(f"{name}: paused at POST_TEST_TRAFFIC_SHIFT"):
            assert "`arbor bluegreen switch --stack staging`" in line
            assert "`arbor bluegreen abort --stack staging`" in line
            ecs, newest = client("ecs"), staging.deployments(name)[0]["serviceDeploymentArn"]
            (message,) = ecs.describe_service_deployments(serviceDeploymentArns=[newest])[
                "serviceDeployments"
            ]
            ecs.continue_service_deployment(
                serviceDeploymentArn=newest,
                hookId=message["lifecycleHookDetails"][0]["hookId"],
                action=action,
            )

    return say


def test_a_pause_is_shown_with_the_command_that_answers_it(staging: Staging) -> None:
    staging.pause(BACKEND)
    staging.finish()
    run = staging.run()
    run = Run(say=answered(staging, BACKEND, "CONTINUE"), every=run.every, sleep=run.sleep)
    release.plan(staging.account, NEW, opener=None).execute(run)
    assert (staging.image(BACKEND), staging.image(FRONTEND)) == (NEW, NEW)
    assert sum("paused at" in line for line in staging.output) == 1


def test_a_rollback_answers_its_pauses(staging: Staging) -> None:
    staging.pause(BACKEND)
    staging.finish()
    run = staging.run()
    run = Run(say=answered(staging, BACKEND, "CONTINUE"), every=run.every, sleep=run.sleep)
    planned = release.plan(staging.account, NEW, opener=lambda _: (500, ""))
    with pytest.raises(Failed, match=f"{BACKEND} is back on {BACKEND}:1"):
        planned.execute(run)
    assert staging.image(BACKEND) == OLD
    assert sum("paused at" in line for line in staging.output) == 1

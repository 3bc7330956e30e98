"""rotate-token: the cache's tokens during a rotation, and obstacles.

tests/engine/test_faults.py covers faults at each call.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from arbor.cache.token import ALPHABET, generate
from arbor.procedure import Failed, Refused
from arbor.security import auth_token, rotation
from ecs_world import client
from first_secrets import (
    CACHE,
    FIRST,
    GROUP,
    accepts,
    complete,
    everything,
    held,
    labels,
    put,
    rotate_by_lambda,
    tokens,
)
from pulumi_moto.clock import CLOCK
from staging_fixtures import BACKEND, CLUSTER, Staging

OLD = FIRST[CACHE]["password"]


@pytest.fixture(autouse=True)
def stores(staging: Staging) -> None:
    complete(staging)


def plan(staging: Staging) -> rotation.Rotation:
    return rotation.plan(staging.account, "rotate-token", auth_token.plan(staging.account, accepts))


def modify(token: str, strategy: str) -> None:
    client("elasticache").modify_replication_group(
        ReplicationGroupId=GROUP,
        AuthToken=token,
        AuthTokenUpdateStrategy=strategy,
        ApplyImmediately=True,
    )
    CLOCK.advance(30)


def test_cache_secret_and_tasks_use_the_new_token(staging: Staging) -> None:
    plan(staging).execute(staging.run())
    assert tokens() == [held(CACHE)["password"]] != [OLD]
    assert len(staging.deployments(BACKEND)) == 3
    assert labels(CACHE) == {"AWSCURRENT", "AWSPREVIOUS", "arbor-initial"}


def test_both_tokens_are_valid_until_the_last_task_is_replaced(staging: Staging) -> None:
    """The new token is accepted before the deployment, the old one rejected after it."""
    seen = []

    def observe(seconds: float) -> None:
        status = staging.history(BACKEND)[0]
        if len(staging.deployments(BACKEND)) == 3 and status == "IN_PROGRESS":
            seen.append(set(tokens()))
        CLOCK.advance(seconds)

    plan(staging).execute(replace(staging.run(), sleep=observe))
    assert seen
    assert all(valid == {OLD, held(CACHE)["password"]} for valid in seen)


def test_a_dry_run_prints_every_step_and_changes_nothing(staging: Staging) -> None:
    before = everything(staging)
    plan(staging).execute(staging.run(dry_run=True))
    assert [line.split()[1] for line in staging.output] == [
        *("store", "add", "make"),
        "deploy",
        *("remove", "end"),
    ]
    assert everything(staging) == before


def test_no_token_is_printed(staging: Staging) -> None:
    planned = plan(staging)
    planned.execute(staging.run())
    printed = "\n".join([*staging.output, repr(planned)])
    assert held(CACHE)["password"] not in printed
    assert OLD not in printed


def test_an_interrupted_rotation_continues_with_its_token(staging: Staging) -> None:
    def raise_alarm(seconds: float) -> None:
        if staging.history(BACKEND)[0] == "IN_PROGRESS":
            staging.ring("backend")
        CLOCK.advance(seconds)

    with pytest.raises(Failed, match="run `arbor rotate-token --stack staging` again"):
        plan(staging).execute(replace(staging.run(), sleep=raise_alarm))
    kept = held(CACHE)["password"]
    assert set(tokens()) == {OLD, kept}  # running tasks may have either
    client("cloudwatch").set_alarm_state(
        AlarmName="backend-5xx", StateValue="OK", StateReason="the drill is over"
    )
    plan(staging).execute(staging.run())
    assert tokens() == [held(CACHE)["password"]] == [kept]
    assert "AWSPENDING" not in labels(CACHE)


def test_a_token_changed_outside_the_secret_is_repaired(staging: Staging) -> None:
    """As for a replaced cache, which has the first token again."""
    modify("set-by-hand-in-the-console", "ROTATE")
    modify("set-by-hand-in-the-console", "SET")
    plan(staging).execute(staging.run())
    assert tokens() == [held(CACHE)["password"]]


def test_other_keys_of_the_secret_are_kept(staging: Staging) -> None:
    put(CACHE, {**held(CACHE), "note": "of an operator"}, "AWSCURRENT")
    plan(staging).execute(staging.run())
    assert held(CACHE) == {"password": tokens()[0], "note": "of an operator"}


def test_an_old_token_that_is_still_accepted_is_a_failure(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    one = auth_token.plan(staging.account, lambda *_: True)
    with pytest.raises(Failed, match="check that it is rejected: no effect after 5 minutes"):
        rotation.plan(staging.account, "rotate-token", one).execute(staging.run())
    assert "AWSPENDING" in labels(CACHE)


def test_a_token_that_is_rejected_is_not_promoted(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    one = auth_token.plan(staging.account, lambda *_: False)
    with pytest.raises(
        Failed, match="log in with it; the current one stays valid: no effect after 5 minutes"
    ):
        rotation.plan(staging.account, "rotate-token", one).execute(staging.run())
    assert held(CACHE)["password"] == OLD
    assert len(staging.deployments(BACKEND)) == 2


REFUSED: dict[str, tuple[Callable[[Staging], object], str]] = {
    "the secret has no token": (lambda _: put(CACHE, {}), "is not JSON with a password"),
    "the secret is scheduled for deletion": (
        lambda _: client("secretsmanager").delete_secret(SecretId=CACHE),
        "restore-secret --secret-id arbor/staging/redis",
    ),
    "a function rotates the secret": (
        lambda _: rotate_by_lambda(CACHE),
        "cancel-rotate-secret --secret-id arbor/staging/redis",
    ),
    "a deployment runs": (
        lambda _: client("ecs").update_service(
            cluster=CLUSTER, service=BACKEND, forceNewDeployment=True
        ),
        "is being deployed",
    ),
    "there is no cache": (
        lambda _: client("elasticache").delete_replication_group(ReplicationGroupId=GROUP),
        "There is no cache arbor-staging-redis",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_an_obstacle_is_reported_and_nothing_is_written(staging: Staging, why: str) -> None:
    disturb, sentence = REFUSED[why]
    disturb(staging)
    before = staging.deployments(BACKEND)
    with pytest.raises(Refused, match=sentence):
        plan(staging)
    assert staging.deployments(BACKEND) == before


def test_a_token_has_only_characters_that_elasticache_allows() -> None:
    drawn = {character for _ in range(100) for character in generate()}
    assert drawn == set(ALPHABET)
    assert all(character.isalnum() for character in drawn)
    assert 16 <= len(generate()) <= 128
    assert len({generate() for _ in range(100)}) == 100

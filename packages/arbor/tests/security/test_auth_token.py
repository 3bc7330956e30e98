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
from operations_world import BACKEND, CLUSTER, World
from pulumi_moto.clock import CLOCK

OLD = FIRST[CACHE]["password"]


@pytest.fixture(autouse=True)
def stores(world: World) -> None:
    complete(world)


def plan(world: World) -> rotation.Rotation:
    return rotation.plan(world.account, "rotate-token", auth_token.plan(world.account, accepts))


def modify(token: str, strategy: str) -> None:
    client("elasticache").modify_replication_group(
        ReplicationGroupId=GROUP,
        AuthToken=token,
        AuthTokenUpdateStrategy=strategy,
        ApplyImmediately=True,
    )
    CLOCK.advance(30)


def test_cache_secret_and_tasks_use_the_new_token(world: World) -> None:
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]] != [OLD]
    assert len(world.deployments(BACKEND)) == 3
    assert labels(CACHE) == {"AWSCURRENT", "AWSPREVIOUS", "arbor-initial"}


def test_both_tokens_are_valid_until_the_last_task_is_replaced(world: World) -> None:
    """The new token is accepted before the deployment, the old one rejected after it."""
    seen = []

    def observe(seconds: float) -> None:
        status = world.history(BACKEND)[0]
        if len(world.deployments(BACKEND)) == 3 and status == "IN_PROGRESS":
            seen.append(set(tokens()))
        CLOCK.advance(seconds)

    plan(world).execute(replace(world.run(), sleep=observe))
    assert seen
    assert all(valid == {OLD, held(CACHE)["password"]} for valid in seen)


def test_a_dry_run_prints_every_step_and_changes_nothing(world: World) -> None:
    before = everything(world)
    plan(world).execute(world.run(dry_run=True))
    assert [line.split()[1] for line in world.output] == [
        *("store", "add", "make"),
        "deploy",
        *("remove", "end"),
    ]
    assert everything(world) == before


def test_no_token_is_printed(world: World) -> None:
    planned = plan(world)
    planned.execute(world.run())
    printed = "\n".join([*world.output, repr(planned)])
    assert held(CACHE)["password"] not in printed
    assert OLD not in printed


def test_an_interrupted_rotation_continues_with_its_token(world: World) -> None:
    def raise_alarm(seconds: float) -> None:
        if world.history(BACKEND)[0] == "IN_PROGRESS":
            world.ring("backend")
        CLOCK.advance(seconds)

    with pytest.raises(Failed, match="run `arbor rotate-token --stack staging` again"):
        plan(world).execute(replace(world.run(), sleep=raise_alarm))
    kept = held(CACHE)["password"]
    assert set(tokens()) == {OLD, kept}  # running tasks may have either
    client("cloudwatch").set_alarm_state(
        AlarmName="backend-5xx", StateValue="OK", StateReason="the drill is over"
    )
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]] == [kept]
    assert "AWSPENDING" not in labels(CACHE)


def test_a_token_changed_outside_the_secret_is_repaired(world: World) -> None:
    """As for a replaced cache, which has the first token again."""
    modify("set-by-hand-in-the-console", "ROTATE")
    modify("set-by-hand-in-the-console", "SET")
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]]


def test_other_keys_of_the_secret_are_kept(world: World) -> None:
    put(CACHE, {**held(CACHE), "note": "of an operator"}, "AWSCURRENT")
    plan(world).execute(world.run())
    assert held(CACHE) == {"password": tokens()[0], "note": "of an operator"}


def test_an_old_token_that_is_still_accepted_is_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    one = auth_token.plan(world.account, lambda *_: True)
    with pytest.raises(Failed, match="check that it is rejected: no effect after 5 minutes"):
        rotation.plan(world.account, "rotate-token", one).execute(world.run())
    assert "AWSPENDING" in labels(CACHE)


def test_a_token_that_is_rejected_is_not_promoted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    one = auth_token.plan(world.account, lambda *_: False)
    with pytest.raises(
        Failed, match="log in with it; the current one stays valid: no effect after 5 minutes"
    ):
        rotation.plan(world.account, "rotate-token", one).execute(world.run())
    assert held(CACHE)["password"] == OLD
    assert len(world.deployments(BACKEND)) == 2


REFUSED: dict[str, tuple[Callable[[World], object], str]] = {
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
def test_an_obstacle_is_reported_and_nothing_is_written(world: World, why: str) -> None:
    disturb, sentence = REFUSED[why]
    disturb(world)
    before = world.deployments(BACKEND)
    with pytest.raises(Refused, match=sentence):
        plan(world)
    assert world.deployments(BACKEND) == before


def test_a_token_has_only_characters_that_elasticache_allows() -> None:
    drawn = {character for _ in range(100) for character in generate()}
    assert drawn == set(ALPHABET)
    assert all(character.isalnum() for character in drawn)
    assert 16 <= len(generate()) <= 128
    assert len({generate() for _ in range(100)}) == 100

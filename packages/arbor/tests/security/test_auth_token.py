"""rotate-token: which token the cache takes when, and what stops it.

That every fault converges is tried in tests/engine/test_faults.py.
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
    complete,
    everything,
    held,
    labels,
    put,
    rotate_by_lambda,
    takes,
    tokens,
)
from operations_world import BACKEND, CLUSTER, World
from pulumi_moto.clock import CLOCK

OLD = FIRST[CACHE]["password"]


@pytest.fixture(autouse=True)
def stores(world: World) -> None:
    complete(world)


def plan(world: World) -> rotation.Rotation:
    return rotation.plan(world.account, "rotate-token", auth_token.plan(world.account, takes))


def modify(token: str, strategy: str) -> None:
    client("elasticache").modify_replication_group(
        ReplicationGroupId=GROUP,
        AuthToken=token,
        AuthTokenUpdateStrategy=strategy,
        ApplyImmediately=True,
    )
    CLOCK.advance(30)


def test_cache_secret_and_tasks_agree_afterwards(world: World) -> None:
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]] != [OLD]
    assert len(world.deployments(BACKEND)) == 3
    assert labels(CACHE) == {"AWSCURRENT", "AWSPREVIOUS", "arbor-initial"}


def test_running_tasks_are_let_in_until_the_last_of_them_is_replaced(world: World) -> None:
    """The old token is refused only after the deployment, the new one is taken before it."""
    seen = []

    def look(seconds: float) -> None:
        status = world.history(BACKEND)[0]
        if len(world.deployments(BACKEND)) == 3 and status == "IN_PROGRESS":
            seen.append(set(tokens()))
        CLOCK.advance(seconds)

    plan(world).execute(replace(world.run(), sleep=look))
    assert seen
    assert all(taken == {OLD, held(CACHE)["password"]} for taken in seen)


def test_a_dry_run_says_every_step_and_does_none(world: World) -> None:
    before = everything(world)
    plan(world).execute(world.run(dry_run=True))
    assert [line.split()[1] for line in world.said] == [
        *("keep", "add", "make"),
        "deploy",
        *("leave", "end"),
    ]
    assert everything(world) == before


def test_no_token_is_ever_said(world: World) -> None:
    planned = plan(world)
    planned.execute(world.run())
    said = "\n".join([*world.said, repr(planned)])
    assert held(CACHE)["password"] not in said
    assert OLD not in said


def test_an_interrupted_rotation_goes_on_with_its_token(world: World) -> None:
    def ring_meanwhile(seconds: float) -> None:
        if world.history(BACKEND)[0] == "IN_PROGRESS":
            world.ring("backend")
        CLOCK.advance(seconds)

    with pytest.raises(Failed, match="run `arbor rotate-token --stack staging` again"):
        plan(world).execute(replace(world.run(), sleep=ring_meanwhile))
    kept = held(CACHE)["password"]
    assert set(tokens()) == {OLD, kept}  # what runs is let in, whichever it has
    client("cloudwatch").set_alarm_state(
        AlarmName="backend-5xx", StateValue="OK", StateReason="the drill is over"
    )
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]] == [kept]
    assert "AWSPENDING" not in labels(CACHE)


def test_a_cache_whose_token_was_changed_outside_the_secret_is_mended(world: World) -> None:
    """So is one that was replaced, and has the program's first token again."""
    modify("set-by-hand-in-the-console", "ROTATE")
    modify("set-by-hand-in-the-console", "SET")
    plan(world).execute(world.run())
    assert tokens() == [held(CACHE)["password"]]


def test_what_else_the_secret_holds_is_kept(world: World) -> None:
    put(CACHE, {**held(CACHE), "note": "of an operator"}, "AWSCURRENT")
    plan(world).execute(world.run())
    assert held(CACHE) == {"password": tokens()[0], "note": "of an operator"}


def test_a_token_that_is_still_taken_is_no_success(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    part = auth_token.plan(world.account, lambda *_: True)
    with pytest.raises(Failed, match="see that the old one is refused: no effect after 5 minutes"):
        rotation.plan(world.account, "rotate-token", part).execute(world.run())
    assert "AWSPENDING" in labels(CACHE)


def test_a_token_that_is_not_taken_is_not_given_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbor.security.cache_tokens.HALF_AN_HOUR", 300.0)
    part = auth_token.plan(world.account, lambda *_: False)
    with pytest.raises(Failed, match="log in with it: no effect after 5 minutes"):
        rotation.plan(world.account, "rotate-token", part).execute(world.run())
    assert held(CACHE)["password"] == OLD
    assert len(world.deployments(BACKEND)) == 2


REFUSED: dict[str, tuple[Callable[[World], object], str]] = {
    "the secret has no token": (lambda _: put(CACHE, {}), "is not JSON with a password"),
    "the secret goes": (
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
def test_what_is_in_the_way_is_said_and_nothing_is_written(world: World, why: str) -> None:
    disturb, sentence = REFUSED[why]
    disturb(world)
    before = world.deployments(BACKEND)
    with pytest.raises(Refused, match=sentence):
        plan(world)
    assert world.deployments(BACKEND) == before


def test_a_token_has_only_characters_that_elasticache_takes() -> None:
    drawn = {character for _ in range(100) for character in generate()}
    assert drawn == set(ALPHABET)
    assert all(character.isalnum() for character in drawn)
    assert 16 <= len(generate()) <= 128
    assert len({generate() for _ in range(100)}) == 100

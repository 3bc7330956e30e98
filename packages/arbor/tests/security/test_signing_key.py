"""rotate-key: what the application is asked, what is said of sessions, and what stops it.

That every fault converges is tried in tests/engine/test_faults.py.
"""

import base64
import json
import urllib.parse
from dataclasses import replace

import pytest

from arbor.procedure import Failed, Refused, Run
from arbor.security import rotation, signing_key
from arbor.security.signing_key import access_token, generate
from first_secrets import (
    APP,
    FIRST,
    Application,
    complete,
    deployments,
    everything,
    held,
    labels,
    put,
    rotate_by_lambda,
)
from operations_world import DOMAIN, World
from pulumi_moto.clock import CLOCK
from token_world import is_signed

OLD = FIRST[APP]["SECRET_KEY"]


@pytest.fixture
def application(world: World) -> Application:
    complete(world)
    return Application(world)


def plan(world: World, application: Application | None) -> rotation.Rotation:
    return rotation.plan(world.account, "rotate-key", signing_key.plan(world.account, application))


def run(world: World, application: Application) -> Run:
    """Tasks read the key when their deployment begins."""

    def sleep(seconds: float) -> None:
        application.remember()
        CLOCK.advance(seconds)

    return replace(world.run(), sleep=sleep)


def test_secret_and_tasks_agree_afterwards(world: World, application: Application) -> None:
    plan(world, application).execute(run(world, application))
    assert held(APP)["SECRET_KEY"] != OLD
    assert deployments(world) == 3
    assert application.keys == {2: OLD, 3: held(APP)["SECRET_KEY"]}
    assert labels(APP) == {"AWSCURRENT", "AWSPREVIOUS", "arbor-initial"}


def test_other_keys_of_the_secret_are_kept(world: World, application: Application) -> None:
    plan(world, application).execute(run(world, application))
    assert held(APP) == {"SECRET_KEY": held(APP)["SECRET_KEY"], "OTHER": "kept"}


def test_what_ends_is_said_before_anything_is_done(world: World, application: Application) -> None:
    before = everything(world)
    plan(world, application).execute(world.run(dry_run=True))
    assert [line.split()[1] for line in world.said] == ["keep", "make", "deploy", "see", "end"]
    assert "every client signs in again" in world.said[0]
    assert f"https://{DOMAIN}/api/v1/auth/token/validate" in world.said[3]
    assert everything(world) == before


def test_no_key_is_ever_said(world: World, application: Application) -> None:
    planned = plan(world, application)
    planned.execute(run(world, application))
    said = "\n".join([*world.said, repr(planned)])
    assert held(APP)["SECRET_KEY"] not in said
    assert OLD not in said
    assert "eyJ" not in said  # nor a token that it signed


def test_an_application_that_keeps_the_old_key_is_no_success(
    world: World, application: Application
) -> None:
    """Such as one whose task definition has the key in plain."""
    planned = plan(world, application)
    application.keys[99] = OLD
    with pytest.raises(Failed, match="answers 401, to one of the old 200") as failed:
        planned.execute(run(world, application))
    assert "goes on from there with the same value" in str(failed.value)
    assert "AWSPENDING" in labels(APP)
    kept = held(APP)
    del application.keys[99]
    plan(world, application).execute(run(world, application))
    assert held(APP) == kept
    assert "AWSPENDING" not in labels(APP)


def test_an_interrupted_rotation_goes_on_while_the_tasks_have_the_old_key(
    world: World, application: Application
) -> None:
    """Stopped once the new key was given out, before any task has it."""

    def stop(line: str) -> None:
        if line.startswith("deploy"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(world, application).execute(replace(world.run(), say=stop))
    kept = held(APP)["SECRET_KEY"]
    assert application.keys == {2: OLD}
    plan(world, application).execute(run(world, application))
    assert application.keys == {2: OLD, 3: kept}
    assert held(APP)["SECRET_KEY"] == kept


def test_an_application_that_takes_tokens_of_both_keys_is_no_success(
    world: World, application: Application
) -> None:
    part = signing_key.plan(world.account, lambda *_: 200)
    with pytest.raises(Failed, match="answers 200, to one of the old 200"):
        rotation.plan(world.account, "rotate-key", part).execute(run(world, application))


@pytest.mark.parametrize("status", [404, 401, 502])
def test_an_application_that_could_prove_nothing_is_refused_before(
    world: World, application: Application, status: int
) -> None:
    application.status = status
    before = everything(world)
    with pytest.raises(Refused, match=rf"answers {status} .* add --no-url"):
        plan(world, application)
    assert everything(world) == before
    plan(world, None).execute(run(world, application))
    assert held(APP)["SECRET_KEY"] != OLD


def test_an_application_that_is_not_reached_is_refused_before(
    world: World, application: Application
) -> None:
    def post(_address: str, _token: str) -> int:
        raise TimeoutError("timed out")

    part = signing_key.plan(world.account, post)
    with pytest.raises(Refused, match=r"answers nothing \(timed out\)"):
        rotation.plan(world.account, "rotate-key", part)
    assert application.asked == []


def test_a_secret_that_a_function_rotates_or_without_a_key_is_refused(
    world: World, application: Application
) -> None:
    rotate_by_lambda(APP)
    with pytest.raises(Refused, match="cancel-rotate-secret --secret-id arbor/staging/app"):
        plan(world, application)
    put(APP, {"OTHER": "kept"})
    with pytest.raises(Refused, match="is not JSON with a SECRET_KEY"):
        plan(world, application)


def test_the_token_that_asks_is_the_applications_own_for_a_minute() -> None:
    """HS256 by the header, its subject, the end and its kind in the claims, then the signature."""
    token = access_token("key", 1_700_000_000.9)
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in token.split(".")[:2]
    )
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert claims == {"sub": "arbor-rotate-key", "exp": 1_700_000_060, "type": "access"}
    address = "https://x/validate?" + urllib.parse.urlencode({"authorization": f"Bearer {token}"})
    assert is_signed(address, token, "key")
    assert not is_signed(address, token, "another")
    # Signed with openssl: printf %s HEADER.CLAIMS | openssl dgst -sha256 -hmac key -binary
    assert token.rsplit(".", 1)[1] == "UGuquc0qa4oWHB_WMT7JGRw13Wge7E92K6W81FFv9fI"


def test_a_key_is_long_enough_for_its_algorithm() -> None:
    assert len(generate().encode()) >= 32
    assert len({generate() for _ in range(100)}) == 100

"""rotate-key: probes of the application, the effect on sessions, and obstacles.

tests/engine/test_faults.py covers faults at each call.
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
from pulumi_moto.clock import CLOCK
from staging_fixtures import DOMAIN, Staging
from token_fixtures import is_signed

OLD = FIRST[APP]["SECRET_KEY"]


@pytest.fixture
def application(staging: Staging) -> Application:
    complete(staging)
    return Application(staging)


def plan(staging: Staging, application: Application | None) -> rotation.Rotation:
    return rotation.plan(
        staging.account, "rotate-key", signing_key.plan(staging.account, application)
    )


def run(staging: Staging, application: Application) -> Run:
    """Tasks read the key when they start."""

    def sleep(seconds: float) -> None:
        application.remember()
        CLOCK.advance(seconds)

    return replace(staging.run(), sleep=sleep)


def test_secret_and_tasks_use_the_new_key(staging: Staging, application: Application) -> None:
    plan(staging, application).execute(run(staging, application))
    assert held(APP)["SECRET_KEY"] != OLD
    assert deployments(staging) == 3
    assert application.keys == {2: OLD, 3: held(APP)["SECRET_KEY"]}
    assert labels(APP) == {"AWSCURRENT", "AWSPREVIOUS", "arbor-initial"}


def test_other_keys_of_the_secret_are_kept(staging: Staging, application: Application) -> None:
    plan(staging, application).execute(run(staging, application))
    assert held(APP) == {"SECRET_KEY": held(APP)["SECRET_KEY"], "OTHER": "kept"}


def test_the_effect_on_clients_is_shown_first(staging: Staging, application: Application) -> None:
    before = everything(staging)
    plan(staging, application).execute(staging.run(dry_run=True))
    assert [line.split()[1] for line in staging.output] == [
        "store",
        "make",
        "deploy",
        "check",
        "end",
    ]
    assert "every client must sign in again" in staging.output[0]
    assert f"https://{DOMAIN}/api/v1/auth/token/validate" in staging.output[3]
    assert everything(staging) == before


def test_no_key_is_printed(staging: Staging, application: Application) -> None:
    planned = plan(staging, application)
    planned.execute(run(staging, application))
    printed = "\n".join([*staging.output, repr(planned)])
    assert held(APP)["SECRET_KEY"] not in printed
    assert OLD not in printed
    assert "eyJ" not in printed  # nor a token that it signed


def test_an_application_with_the_old_key_is_a_failure(
    staging: Staging, application: Application
) -> None:
    """Such as one with the key in its task definition."""
    planned = plan(staging, application)
    application.keys[99] = OLD
    with pytest.raises(Failed, match="new SECRET_KEY: 401, of the old one: 200") as failed:
        planned.execute(run(staging, application))
    assert "again to continue with it" in str(failed.value)
    assert "AWSPENDING" in labels(APP)
    kept = held(APP)
    del application.keys[99]
    plan(staging, application).execute(run(staging, application))
    assert held(APP) == kept
    assert "AWSPENDING" not in labels(APP)


def test_an_interrupted_rotation_continues_while_tasks_have_the_old_key(
    staging: Staging, application: Application
) -> None:
    """Stopped after the promotion, before any task has the new key."""

    def stop(line: str) -> None:
        if line.startswith("deploy"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(staging, application).execute(replace(staging.run(), say=stop))
    kept = held(APP)["SECRET_KEY"]
    assert application.keys == {2: OLD}
    plan(staging, application).execute(run(staging, application))
    assert application.keys == {2: OLD, 3: kept}
    assert held(APP)["SECRET_KEY"] == kept


def test_an_application_that_accepts_both_keys_is_a_failure(
    staging: Staging, application: Application
) -> None:
    one = signing_key.plan(staging.account, lambda *_: 200)
    with pytest.raises(Failed, match="new SECRET_KEY: 200, of the old one: 200"):
        rotation.plan(staging.account, "rotate-key", one).execute(run(staging, application))


@pytest.mark.parametrize("status", [404, 401, 502])
def test_an_application_without_the_probes_endpoint_is_refused(
    staging: Staging, application: Application, status: int
) -> None:
    application.status = status
    before = everything(staging)
    with pytest.raises(Refused, match=rf"answers {status} .* add --no-url"):
        plan(staging, application)
    assert everything(staging) == before
    plan(staging, None).execute(run(staging, application))
    assert held(APP)["SECRET_KEY"] != OLD


def test_an_unreachable_application_is_refused(staging: Staging, application: Application) -> None:
    def post(_address: str, _token: str) -> int:
        raise TimeoutError("timed out")

    one = signing_key.plan(staging.account, post)
    with pytest.raises(Refused, match=r"answers nothing \(timed out\)"):
        rotation.plan(staging.account, "rotate-key", one)
    assert application.requested == []


def test_a_secret_with_a_rotation_function_or_without_a_key_is_refused(
    staging: Staging, application: Application
) -> None:
    rotate_by_lambda(APP)
    with pytest.raises(Refused, match="cancel-rotate-secret --secret-id arbor/staging/app"):
        plan(staging, application)
    put(APP, {"OTHER": "kept"})
    with pytest.raises(Refused, match="is not JSON with a SECRET_KEY"):
        plan(staging, application)


def test_the_probes_token_is_valid_for_a_minute() -> None:
    """HS256 in the header; subject, expiry and type in the claims; then the signature."""
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

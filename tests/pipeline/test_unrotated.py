"""The pipeline reports secrets that still have the state's value, and reads no value."""

from collections.abc import Iterator

import pytest

import first_secrets
from arbor.account import connect
from emulated_account import configure
from first_secrets import APP, CACHE, DB, put
from pipeline.hazards import unrotated
from recorded_calls import recording
from staging_fixtures import STACK

PREVIEWS_MAY = {
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecretVersionIds",
    "elasticache:DescribeReplicationGroups",
}


@pytest.fixture
def first_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Staging with the secrets that the program created."""
    configure(monkeypatch)
    with first_secrets.account():
        yield


def first(name: str) -> str:
    return (
        f"{name} still has its first value, which is in Pulumi's state: run "
        f"`arbor rotate-first --stack {STACK}`."
    )


@pytest.mark.usefixtures("first_up")
def test_each_unrotated_secret_is_reported_with_the_command() -> None:
    account = connect(STACK)
    assert list(unrotated.sentences(account)) == [first(DB), first(CACHE), first(APP)]
    put(DB, {"username": "arbor_user", "password": "rotated"})
    put(CACHE, {"password": "rotated-token-of-letters"})
    put(CACHE, {"password": "pending-token-of-letters"}, "AWSPENDING")
    remedy = f"run `arbor rotate-token --stack {STACK}` to complete it."
    assert list(unrotated.sentences(account)) == [
        f"{CACHE} has an incomplete rotation: {remedy}",
        first(APP),
    ]


@pytest.mark.usefixtures("first_up")
def test_only_calls_of_the_preview_role_are_made() -> None:
    with recording(None) as seen:
        list(unrotated.sentences(connect(STACK)))
    assert {call.operation for call in seen.calls} == PREVIEWS_MAY


@pytest.mark.usefixtures("first_up")
def test_a_stack_before_its_first_up_has_no_finding() -> None:
    assert list(unrotated.sentences(connect("production"))) == []

"""A session with a real Redis, which takes TLS and AUTH alone."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest

import redis_world
from arbor.account import Account
from arbor.cache.session import session, takes
from arbor.procedure import Failed, Refused
from cache_account import SECRET, keep, name_primary, production


@pytest.fixture
def mute() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def lead_to(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    @contextmanager
    def way(_: Account, _host: str, _port: int) -> Iterator[int]:
        yield port

    monkeypatch.setattr("arbor.cache.session.tunnel", way)


def fails(words: str) -> None:
    with pytest.raises(Failed, match=words) as failed, session(production()):
        pass
    assert redis_world.TOKEN not in str(failed.value)


@pytest.mark.usefixtures("asked")
def test_it_logs_in_where_the_certificate_is_for_the_endpoints_name() -> None:
    with session(production()) as redis:
        assert redis.set("plan:1", "x")
    name_primary("other.arbor.test")
    fails(r"arbor-production-redis was not reached: .*other\.arbor\.test")


@pytest.mark.usefixtures("asked")
def test_a_certificate_of_nobody_that_the_system_trusts_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    fails("was not reached: .*CERTIFICATE_VERIFY_FAILED")


@pytest.mark.usefixtures("asked")
def test_a_wrong_token_is_told_without_it() -> None:
    keep("another-token-of-letters")
    with pytest.raises(Failed, match=f"does not take the token in {SECRET}") as failed:
        session(production()).__enter__()
    assert "another-token" not in str(failed.value)


@pytest.mark.usefixtures("asked")
def test_each_token_that_the_cache_takes_gets_in_and_no_other(server: redis_world.Server) -> None:
    """Two of them between ROTATE and SET, as Redis knows two passwords of its default user."""
    added = "added-token-of-letters"
    assert not takes(production(), added)
    with server.client() as root:
        root.execute_command("ACL", "SETUSER", "default", f">{added}")
        try:
            assert takes(production(), added)
            assert takes(production(), redis_world.TOKEN)
        finally:
            root.execute_command("ACL", "SETUSER", "default", f"<{added}")
    assert not takes(production(), added)


@pytest.mark.usefixtures("asked")
def test_a_cache_that_is_not_reached_is_no_verdict_on_a_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead_to(monkeypatch, 1)
    with pytest.raises(Failed, match="was not reached"):
        takes(production(), redis_world.TOKEN)


@pytest.mark.usefixtures("asked")
def test_whoever_does_not_answer_or_hangs_up_is_told(
    monkeypatch: pytest.MonkeyPatch, mute: int
) -> None:
    monkeypatch.setattr("arbor.cache.session.SECONDS", 0.2)
    lead_to(monkeypatch, mute)
    fails("did not answer within 0.2 seconds: is it available")
    lead_to(monkeypatch, 1)
    fails("was not reached: .*refused")


@pytest.mark.usefixtures("asked")
def test_what_goes_wrong_in_the_block_is_one_sentence_too(server: redis_world.Server) -> None:
    with server.client() as root:
        root.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(Failed, match="fails over"), session(production()) as redis:
                redis.set("a", "b")
        finally:
            root.replicaof("NO", "ONE")
    with pytest.raises(Failed, match=r"Redis says: .*\."), session(production()) as redis:
        redis.eval("nonsense", 0)


def not_there() -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def to_be_deleted() -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET)


def without_password() -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString='"first-token"')


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (not_there, f"There is no secret {SECRET}"),
        (to_be_deleted, f"restore-secret --secret-id {SECRET}"),
        (without_password, "is not JSON with a password"),
    ],
)
def test_a_secret_without_a_token_is_refused(spoil: Callable[[], None], words: str) -> None:
    spoil()
    with pytest.raises(Refused, match=re.escape(words)) as refused:
        session(production()).__enter__()
    assert "first-token" not in str(refused.value)


@pytest.mark.usefixtures("account")
def test_a_stack_without_a_cache_is_refused() -> None:
    staging = Account(stack="staging", client=boto3.client)
    with pytest.raises(Refused, match="no cache arbor-staging-redis; run `pulumi up` of staging"):
        session(staging).__enter__()

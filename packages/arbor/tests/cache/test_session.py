"""A session with a real Redis that requires TLS and AUTH."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest

import redis_server
from arbor.account import Account
from arbor.cache.session import accepts, session
from arbor.procedure import Failed, Refused
from cache_account import SECRET, keep, name_primary, production


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def lead_to(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    @contextmanager
    def to_port(_: Account, _host: str, _port: int) -> Iterator[int]:
        yield port

    monkeypatch.setattr("arbor.cache.session.tunnel", to_port)


def fails(words: str) -> None:
    with pytest.raises(Failed, match=words) as failed, session(production()):
        pass
    assert redis_server.TOKEN not in str(failed.value)


@pytest.mark.usefixtures("tunnel_ports")
def test_login_requires_a_certificate_for_the_endpoints_name() -> None:
    with session(production()) as redis:
        assert redis.set("plan:1", "x")
    name_primary("other.arbor.test")
    fails(r"arbor-production-redis is unreachable: .*other\.arbor\.test")


@pytest.mark.usefixtures("tunnel_ports")
def test_an_untrusted_certificate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    fails("is unreachable: .*CERTIFICATE_VERIFY_FAILED")


@pytest.mark.usefixtures("tunnel_ports")
def test_a_wrong_token_is_reported_without_its_value() -> None:
    keep("another-token-of-letters")
    with pytest.raises(Failed, match=f"rejects the AUTH token in {SECRET}") as failed:
        session(production()).__enter__()
    assert "another-token" not in str(failed.value)


@pytest.mark.usefixtures("tunnel_ports")
def test_each_valid_token_is_accepted_and_no_other(server: redis_server.Server) -> None:
    """Two are valid between ROTATE and SET: two passwords of Redis's default user."""
    added = "added-token-of-letters"
    assert not accepts(production(), added)
    with server.client() as root:
        root.execute_command("ACL", "SETUSER", "default", f">{added}")
        try:
            assert accepts(production(), added)
            assert accepts(production(), redis_server.TOKEN)
        finally:
            root.execute_command("ACL", "SETUSER", "default", f"<{added}")
    assert not accepts(production(), added)


@pytest.mark.usefixtures("tunnel_ports")
def test_an_unreachable_cache_does_not_reject_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(monkeypatch, 1)
    with pytest.raises(Failed, match="is unreachable"):
        accepts(production(), redis_server.TOKEN)


@pytest.mark.usefixtures("tunnel_ports")
def test_a_timeout_and_a_closed_connection_are_reported(
    monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    monkeypatch.setattr("arbor.cache.session.SECONDS", 0.2)
    lead_to(monkeypatch, silent_port)
    fails("did not answer within 0.2 seconds. Check that it is available")
    lead_to(monkeypatch, 1)
    fails("is unreachable: .*refused")


@pytest.mark.usefixtures("tunnel_ports")
def test_errors_inside_the_block_are_one_sentence(server: redis_server.Server) -> None:
    with server.client() as root:
        root.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(Failed, match="is failing over"), session(production()) as redis:
                redis.set("a", "b")
        finally:
            root.replicaof("NO", "ONE")
    with pytest.raises(Failed, match=r"Redis error: .*\."), session(production()) as redis:
        redis.eval("nonsense", 0)


def deleted() -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def scheduled_for_deletion() -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET)


def without_password() -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString='"first-token"')


@pytest.mark.usefixtures("tunnel_ports")
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (deleted, f"There is no secret {SECRET}"),
        (scheduled_for_deletion, f"restore-secret --secret-id {SECRET}"),
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

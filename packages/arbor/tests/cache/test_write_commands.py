"""`arbor cache clear|flush`, against a real Redis with TLS and AUTH."""

import pytest
from typer.testing import CliRunner, Result

import redis_server
from arbor.__main__ import app

SLOW = {"keys", "del"}
"""Commands that block the server."""


def cache(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["cache", *words], input=answer)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arbor.screen.is_interactive", lambda: True)


@pytest.mark.usefixtures("tunnel_ports")
def test_matching_keys_are_deleted_in_batches_and_others_stay(server: redis_server.Server) -> None:
    server.fill(plans=1234, other=2)
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert "delete 1,234 of 1,236 keys, such as 'plans:" in done.stdout
    assert "  1,234 keys deleted" in done.stdout
    assert server.keys() == {"other:0", "other:1"}
    assert {"scan", "unlink"} <= server.commands()
    assert not server.commands() & SLOW


@pytest.mark.usefixtures("tunnel_ports")
def test_without_matching_keys_nothing_is_deleted(server: redis_server.Server) -> None:
    server.fill(other=2)
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert "0 of 2 keys match plans:*" in done.stdout
    assert "keys are plans:*, recommendations:*, usage_analysis:*" in done.stdout
    assert "unlink" not in server.commands()


@pytest.mark.usefixtures("tunnel_ports")
@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("r*", {"plans:0", "ratelimit:0"}),
        ("*:0", {"ratelimit:0"}),
        ("ratelimit:*", {"plans:0", "recommendations:0"}),
    ],
)
def test_only_their_own_prefix_deletes_rate_limit_counters(
    server: redis_server.Server, pattern: str, left: set[str]
) -> None:
    server.fill(plans=1, recommendations=1, ratelimit=1)
    done = cache("clear", pattern, "--yes")
    assert done.exit_code == 0, done.output
    assert server.keys() == left


@pytest.mark.usefixtures("tunnel_ports")
def test_a_binary_key_is_escaped_and_deleted(server: redis_server.Server) -> None:
    server.fill(other=1)
    with server.client() as application:
        application.set(b"plans:\xff\x1b[2J", "x")
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert r"\udcff\x1b[2J" in done.stdout
    assert server.keys() == {"other:0"}


@pytest.mark.usefixtures("tunnel_ports", "terminal")
@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 3, 4)])
def test_the_count_is_shown_before_the_prompt(
    server: redis_server.Server, answer: str, code: int, left: int
) -> None:
    server.fill(plans=3, other=1)
    done = cache("clear", "plans:*", answer=answer)
    assert done.exit_code == code, done.output
    assert done.stdout.index("would delete 3 of 4 keys") < done.stdout.index("Proceed?")
    assert len(server.keys()) == left


@pytest.mark.usefixtures("tunnel_ports")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("clear", "*", "--yes"), "use `arbor cache flush`"),
        (("clear", "**", "--yes"), "use `arbor cache flush`"),
        (("clear", "", "--yes"), "an empty pattern matches no key"),
        (("clear", "plans:*"), "add --yes"),
        (("flush",), "add --confirm production"),
        (("flush", "--yes"), "add --confirm production"),
        (
            ("flush", "--yes", "--confirm", "staging"),
            "--confirm is staging, and the stack is production",
        ),
    ],
)
def test_an_ambiguous_request_is_refused(
    server: redis_server.Server, words: tuple[str, ...], message: str
) -> None:
    server.fill(plans=3)
    done = cache(*words)
    assert done.exit_code == 3
    assert message in done.stderr
    assert len(server.keys()) == 3


@pytest.mark.usefixtures("tunnel_ports")
@pytest.mark.parametrize("words", [("clear", "plans:*"), ("flush",)])
def test_a_dry_run_changes_nothing(server: redis_server.Server, words: tuple[str, ...]) -> None:
    server.fill(plans=3)
    done = cache(*words, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "would " in done.stdout
    assert len(server.keys()) == 3


@pytest.mark.usefixtures("tunnel_ports", "terminal")
@pytest.mark.parametrize(
    ("typed", "code", "left"), [("production\n", 0, 0), ("staging\n", 3, 3), ("yes\n", 3, 3)]
)
def test_a_flush_requires_the_stacks_name(
    server: redis_server.Server, typed: str, code: int, left: int
) -> None:
    server.fill(plans=3)
    done = cache("flush", answer=typed)
    assert done.exit_code == code, done.output
    assert "would flush the cache of production: 3 keys" in done.stdout
    assert len(server.keys()) == left


@pytest.mark.usefixtures("tunnel_ports")
@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_a_script_passes_the_stacks_name(
    server: redis_server.Server, more: tuple[str, ...]
) -> None:
    server.fill(plans=3)
    with server.client() as application:
        application.execute_command("MOVE", "plans:0", 1)
    done = cache("flush", "--confirm", "production", *more)
    assert done.exit_code == 0, done.output
    assert "production: 3 keys" in done.stdout
    assert server.keys() == set()
    with server.client() as application:
        assert application.info("keyspace") == {}, "every database"

"""`arbor cache clear|flush`, against a real Redis with TLS and AUTH."""

import pytest
from typer.testing import CliRunner, Result

import redis_world
from arbor.__main__ import app

SLOW = {"keys", "del"}
"""What stops the server while it works."""


def cache(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["cache", *words], input=answer)


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arbor.screen.somebody_is_there", lambda: True)


@pytest.mark.usefixtures("asked")
def test_what_matches_is_freed_in_pieces_and_the_rest_stays(server: redis_world.Server) -> None:
    server.fill(plans=1234, other=2)
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert "free 1,234 of 1,236 keys, such as 'plans:" in done.stdout
    assert "  1,234 keys were freed" in done.stdout
    assert server.keys() == {"other:0", "other:1"}
    assert {"scan", "unlink"} <= server.commands()
    assert not server.commands() & SLOW


@pytest.mark.usefixtures("asked")
def test_the_same_again_finds_nothing_to_do(server: redis_world.Server) -> None:
    server.fill(other=2)
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert "no key of 2 matches plans:*" in done.stdout
    assert "keys are plans:*, recommendations:*, usage_analysis:*" in done.stdout
    assert "unlink" not in server.commands()


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("r*", {"plans:0", "ratelimit:0"}),
        ("*:0", {"ratelimit:0"}),
        ("ratelimit:*", {"plans:0", "recommendations:0"}),
    ],
)
def test_the_rate_limits_counters_are_freed_by_their_name_alone(
    server: redis_world.Server, pattern: str, left: set[str]
) -> None:
    server.fill(plans=1, recommendations=1, ratelimit=1)
    done = cache("clear", pattern, "--yes")
    assert done.exit_code == 0, done.output
    assert server.keys() == left


@pytest.mark.usefixtures("asked")
def test_a_key_that_is_no_text_is_told_and_freed(server: redis_world.Server) -> None:
    server.fill(other=1)
    with server.client() as application:
        application.set(b"plans:\xff\x1b[2J", "x")
    done = cache("clear", "plans:*", "--yes")
    assert done.exit_code == 0, done.output
    assert r"\udcff\x1b[2J" in done.stdout
    assert server.keys() == {"other:0"}


@pytest.mark.usefixtures("asked", "somebody")
@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 3, 4)])
def test_whoever_is_there_sees_the_count_before_the_question(
    server: redis_world.Server, answer: str, code: int, left: int
) -> None:
    server.fill(plans=3, other=1)
    done = cache("clear", "plans:*", answer=answer)
    assert done.exit_code == code, done.output
    assert done.stdout.index("would free 3 of 4 keys") < done.stdout.index("Do it?")
    assert len(server.keys()) == left


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clear", "*", "--yes"), "that is `arbor cache flush`"),
        (("clear", "**", "--yes"), "that is `arbor cache flush`"),
        (("clear", "", "--yes"), "an empty pattern matches no key"),
        (("clear", "plans:*"), "add --yes"),
        (("flush",), "add --confirm production"),
        (("flush", "--yes"), "add --confirm production"),
        (("flush", "--yes", "--confirm", "staging"), "names staging, and the stack is production"),
    ],
)
def test_what_was_not_meant_is_refused(
    server: redis_world.Server, words: tuple[str, ...], said: str
) -> None:
    server.fill(plans=3)
    done = cache(*words)
    assert done.exit_code == 3
    assert said in done.stderr
    assert len(server.keys()) == 3


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("words", [("clear", "plans:*"), ("flush",)])
def test_a_dry_run_changes_nothing(server: redis_world.Server, words: tuple[str, ...]) -> None:
    server.fill(plans=3)
    done = cache(*words, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "would " in done.stdout
    assert len(server.keys()) == 3


@pytest.mark.usefixtures("asked", "somebody")
@pytest.mark.parametrize(
    ("typed", "code", "left"), [("production\n", 0, 0), ("staging\n", 3, 3), ("yes\n", 3, 3)]
)
def test_a_flush_wants_the_stacks_name_typed(
    server: redis_world.Server, typed: str, code: int, left: int
) -> None:
    server.fill(plans=3)
    done = cache("flush", answer=typed)
    assert done.exit_code == code, done.output
    assert "would empty the cache of production: 3 keys" in done.stdout
    assert len(server.keys()) == left


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_a_script_names_the_stack(server: redis_world.Server, more: tuple[str, ...]) -> None:
    server.fill(plans=3)
    with server.client() as application:
        application.execute_command("MOVE", "plans:0", 1)
    done = cache("flush", "--confirm", "production", *more)
    assert done.exit_code == 0, done.output
    assert "production: 3 keys" in done.stdout
    assert server.keys() == set()
    with server.client() as application:
        assert application.info("keyspace") == {}, "every database"

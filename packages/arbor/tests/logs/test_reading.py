"""Following a log: no line is lost, none comes twice, whatever happens on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor import times
from arbor.logs import reading
from arbor.logs.line import Line
from arbor.logs.wanted import Wanted
from arbor.procedure import Refused, Run, Step
from ecs_world import client
from logs_world import ACCOUNT, GROUP, NOW, put

HALF_AN_HOUR = times.milliseconds(NOW - timedelta(minutes=30))
EVERYTHING = Wanted()
SEARCH = reading.Search(account=ACCOUNT, group=GROUP, wanted=EVERYTHING)


def second(n: float) -> timedelta:
    """How long ago that is."""
    return timedelta(seconds=-n)


class Followed:
    """A following whose clock is set, and what it showed."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, limit: int = 100, wanted: Wanted = EVERYTHING
    ) -> None:
        self.shown: list[str] = []
        self.now = NOW
        monkeypatch.setattr("arbor.logs.since.now", lambda: self.now)
        self.following = reading.Following(
            search=reading.Search(account=ACCOUNT, group=GROUP, wanted=wanted),
            start=HALF_AN_HOUR,
            limit=limit,
            show=lambda line: self.shown.append(line.text),
        )

    def look(self, after: float = 2) -> list[str]:
        """What is shown next, so many seconds later."""
        self.now += timedelta(seconds=after)
        self.shown.clear()
        assert not self.following.look()
        return list(self.shown)


@pytest.fixture
def followed(logged: None, monkeypatch: pytest.MonkeyPatch) -> Followed:  # noqa: ARG001 - the account comes first
    return Followed(monkeypatch)


def test_every_line_comes_once(followed: Followed) -> None:
    put("one", "two")
    assert followed.look() == ["one", "two"]
    assert followed.look() == []
    put("three", ago=second(1))
    assert followed.look() == ["three"]
    assert followed.look() == []


def test_lines_of_the_same_millisecond_are_not_one(followed: Followed) -> None:
    put("one", ago=second(0))
    assert followed.look() == ["one"]
    put("two", ago=second(0))
    put("one", ago=second(0))
    assert followed.look() == ["two", "one"]


def test_a_line_that_arrives_late_still_comes(followed: Followed) -> None:
    put("new", ago=second(0))
    assert followed.look() == ["new"]
    put("late", ago=second(-59))
    assert followed.look() == ["late"]
    assert followed.look() == []


def test_after_silence_it_may_come_later_still(followed: Followed) -> None:
    put("old", ago=second(-299))
    assert followed.look(0) == ["old"]
    put("late", ago=second(-290))
    assert followed.look() == ["late"]


def test_a_line_of_the_future_hides_none_of_now(followed: Followed) -> None:
    put("future", ago=second(3600))
    assert followed.look() == ["future"]
    put("now", ago=second(1))
    assert followed.look() == ["now"]
    assert followed.look() == []


def test_what_was_looked_at_is_forgotten_in_the_end(followed: Followed) -> None:
    put(*map(str, range(50)), ago=second(0))
    followed.look()
    put("much later", ago=second(120))
    assert followed.look(120) == ["much later"]
    assert len(followed.following.shown) == 1
    assert followed.following.start == times.milliseconds(NOW + timedelta(seconds=60))


def test_a_first_look_shows_the_newest_and_knows_the_rest(
    logged: None,  # noqa: ARG001 - the account comes first
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed = Followed(monkeypatch, limit=2)
    put("one", "two", "three", ago=second(-5))
    assert followed.look() == ["two", "three"]
    put("four", ago=second(-6))
    assert followed.look() == ["four"]


@pytest.mark.parametrize("half", [1, 2, 3, 4])
def test_a_traceback_that_comes_in_halves_comes_once_and_whole(
    logged: None,  # noqa: ARG001 - the account comes first
    monkeypatch: pytest.MonkeyPatch,
    half: int,
) -> None:
    followed = Followed(monkeypatch, wanted=Wanted(errors=True))
    lines = ["Traceback (most recent call last):", "  File", "    raise", "ValueError: no"]
    put("ERROR before", '{"level": "error"}', ago=second(-30))
    assert followed.look() == ['{"level": "error"}']  # the other may go on
    assert followed.look() == ["ERROR before"]
    put(*lines[:half], ago=second(0.1))
    assert followed.look() == []
    put(*lines[half:] or ["INFO nothing"], ago=second(0.2))
    shown = [*followed.look(), *followed.look(), *followed.look()]
    assert shown == ["\n".join(lines)]


def follow(followed: Followed, *happens: Callable[[], object]) -> list[str]:
    """Follow until everything happened, one thing in each pause; returns what was told."""
    told: list[str] = []
    left = iter(happens)

    def sleep(seconds: float) -> None:
        followed.now += timedelta(seconds=seconds)
        next(left, stop)()

    def stop() -> None:
        raise KeyboardInterrupt

    step = Step(says="follow", took_effect=followed.following.look, timeout=float("inf"))
    with pytest.raises(KeyboardInterrupt):
        Run(say=told.append, every=2, sleep=sleep).execute([step])
    return told


def break_reads(monkeypatch: pytest.MonkeyPatch, code: str, status: int, *, after: int) -> None:
    """The pages after the first few are not to be had."""
    whole = reading.Search.pages

    def pages(self: reading.Search, start: int, **how: Any) -> Any:
        for one in (line for page in whole(self, start, **how) for line in page[:after]):
            yield [one]
        said = {"Code": code, "Message": "a drill"}
        answer = {"Error": said, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, "FilterLogEvents")

    monkeypatch.setattr(reading.Search, "pages", pages)


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("ServiceUnavailable", 503)]
)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_throttle_or_a_failure_loses_nothing(
    followed: Followed, code: str, status: int, after: int
) -> None:
    put("one", "two", ago=second(0))
    with pytest.MonkeyPatch.context() as broken:
        told = follow(
            followed,
            lambda: put("three", "four", "five", ago=second(1)),
            lambda: break_reads(broken, code, status, after=after),
            lambda: put("six", ago=second(3)),
            broken.undo,
            lambda: put("seven", ago=second(9)),
            lambda: None,
        )
    assert followed.shown == ["one", "two", "three", "four", "five", "six", "seven"]
    assert any("AWS could not answer; looking again" in line for line in told)


def test_a_first_look_that_fails_shows_all_of_it_later(followed: Followed) -> None:
    put("one", "two", ago=second(0))
    with pytest.MonkeyPatch.context() as broken:
        break_reads(broken, "ThrottlingException", 400, after=1)
        follow(followed, lambda: None, broken.undo, lambda: None)
    assert followed.shown == ["one", "two"]


def test_missing_rights_end_it(followed: Followed) -> None:
    with pytest.MonkeyPatch.context() as broken:
        break_reads(broken, "AccessDeniedException", 400, after=0)
        with pytest.raises(ClientError, match="AccessDenied"):
            followed.look()


def texts(found: list[Line]) -> list[str]:
    return [line.text for line in found]


@pytest.mark.usefixtures("logged")
def test_the_newest_lines_come_in_order_and_others_are_said_to_be_there() -> None:
    put("one", "two", "three")
    found, more = SEARCH.newest(HALF_AN_HOUR, 2)
    assert (texts(found), more) == (["two", "three"], True)
    found, more = SEARCH.newest(HALF_AN_HOUR, 3)
    assert (texts(found), more) == (["one", "two", "three"], False)


@pytest.mark.usefixtures("logged")
def test_the_start_is_always_given() -> None:
    asked = []
    events = client("logs").meta.events

    def remember(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    events.register("provide-client-params.cloudwatch-logs.FilterLogEvents", remember)
    put("long ago", ago=timedelta(hours=2))
    assert SEARCH.newest(HALF_AN_HOUR, 9) == ([], False)
    events.unregister("provide-client-params.cloudwatch-logs.FilterLogEvents", remember)
    assert [one["startTime"] for one in asked] == [HALF_AN_HOUR]


@pytest.mark.usefixtures("logged")
def test_a_group_that_is_not_there_is_refused() -> None:
    search = reading.Search(account=ACCOUNT, group="/ecs/none", wanted=Wanted())
    with pytest.raises(Refused, match="There is no log group /ecs/none; run `pulumi up`"):
        search.newest(HALF_AN_HOUR, 1)

"""Following a log shows each line once, despite delays and failures."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from arbor import times
from arbor.logs import reading
from arbor.logs.line import Line
from arbor.logs.query import LogQuery
from arbor.procedure import Refused, Run, Step
from ecs_world import client
from log_fixtures import ACCOUNT, GROUP, NOW, put

HALF_AN_HOUR = times.milliseconds(NOW - timedelta(minutes=30))
EVERYTHING = LogQuery()
SEARCH = reading.Search(account=ACCOUNT, group=GROUP, query=EVERYTHING)


def second(n: float) -> timedelta:
    """Seconds before now."""
    return timedelta(seconds=-n)


class Followed:
    """A follower with a settable clock, and the lines that it showed."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, limit: int = 100, query: LogQuery = EVERYTHING
    ) -> None:
        self.shown: list[str] = []
        self.now = NOW
        monkeypatch.setattr("arbor.logs.since.now", lambda: self.now)
        self.follower = reading.Follower(
            search=reading.Search(account=ACCOUNT, group=GROUP, query=query),
            start=HALF_AN_HOUR,
            limit=limit,
            show=lambda line: self.shown.append(line.text),
        )

    def poll(self, after: float = 2) -> list[str]:
        """The lines shown next, after these seconds."""
        self.now += timedelta(seconds=after)
        self.shown.clear()
        assert not self.follower.poll()
        return list(self.shown)


@pytest.fixture
def followed(logged: None, monkeypatch: pytest.MonkeyPatch) -> Followed:  # noqa: ARG001 - the account comes first
    return Followed(monkeypatch)


def test_each_line_is_shown_once(followed: Followed) -> None:
    put("one", "two")
    assert followed.poll() == ["one", "two"]
    assert followed.poll() == []
    put("three", ago=second(1))
    assert followed.poll() == ["three"]
    assert followed.poll() == []


def test_equal_lines_of_one_millisecond_are_both_shown(followed: Followed) -> None:
    put("one", ago=second(0))
    assert followed.poll() == ["one"]
    put("two", ago=second(0))
    put("one", ago=second(0))
    assert followed.poll() == ["two", "one"]


def test_a_late_line_is_shown(followed: Followed) -> None:
    put("new", ago=second(0))
    assert followed.poll() == ["new"]
    put("late", ago=second(-59))
    assert followed.poll() == ["late"]
    assert followed.poll() == []


def test_after_a_gap_a_line_may_be_later_still(followed: Followed) -> None:
    put("old", ago=second(-299))
    assert followed.poll(0) == ["old"]
    put("late", ago=second(-290))
    assert followed.poll() == ["late"]


def test_a_line_in_the_future_hides_no_present_one(followed: Followed) -> None:
    put("future", ago=second(3600))
    assert followed.poll() == ["future"]
    put("now", ago=second(1))
    assert followed.poll() == ["now"]
    assert followed.poll() == []


def test_shown_lines_are_forgotten_in_time(followed: Followed) -> None:
    put(*map(str, range(50)), ago=second(0))
    followed.poll()
    put("much later", ago=second(120))
    assert followed.poll(120) == ["much later"]
    assert len(followed.follower.shown) == 1
    assert followed.follower.start == times.milliseconds(NOW + timedelta(seconds=60))


def test_the_first_read_shows_the_newest_lines_only(
    logged: None,  # noqa: ARG001 - the account comes first
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed = Followed(monkeypatch, limit=2)
    put("one", "two", "three", ago=second(-5))
    assert followed.poll() == ["two", "three"]
    put("four", ago=second(-6))
    assert followed.poll() == ["four"]


@pytest.mark.parametrize("half", [1, 2, 3, 4])
def test_a_traceback_that_arrives_in_parts_is_shown_once(
    logged: None,  # noqa: ARG001 - the account comes first
    monkeypatch: pytest.MonkeyPatch,
    half: int,
) -> None:
    followed = Followed(monkeypatch, query=LogQuery(errors=True))
    lines = ["Traceback (most recent call last):", "  File", "    raise", "ValueError: no"]
    put("ERROR before", '{"level": "error"}', ago=second(-30))
    assert followed.poll() == ['{"level": "error"}']  # the other may continue
    assert followed.poll() == ["ERROR before"]
    put(*lines[:half], ago=second(0.1))
    assert followed.poll() == []
    put(*lines[half:] or ["INFO nothing"], ago=second(0.2))
    shown = [*followed.poll(), *followed.poll(), *followed.poll()]
    assert shown == ["\n".join(lines)]


def follow(followed: Followed, *happens: Callable[[], object]) -> list[str]:
    """Follow until each event happened, one in each pause; returns the printed lines."""
    printed: list[str] = []
    left = iter(happens)

    def sleep(seconds: float) -> None:
        followed.now += timedelta(seconds=seconds)
        next(left, stop)()

    def stop() -> None:
        raise KeyboardInterrupt

    step = Step(action="follow", took_effect=followed.follower.poll, timeout=float("inf"))
    with pytest.raises(KeyboardInterrupt):
        Run(say=printed.append, every=2, sleep=sleep).execute([step])
    return printed


def break_reads(monkeypatch: pytest.MonkeyPatch, code: str, status: int, *, after: int) -> None:
    """Fail to read the pages after the first few."""
    whole = reading.Search.pages

    def pages(self: reading.Search, start: int, **how: Any) -> Any:
        for one in (line for page in whole(self, start, **how) for line in page[:after]):
            yield [one]
        body = {"Code": code, "Message": "a drill"}
        answer = {"Error": body, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(answer, "FilterLogEvents")

    monkeypatch.setattr(reading.Search, "pages", pages)


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("ServiceUnavailable", 503)]
)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_throttling_and_failures_lose_no_line(
    followed: Followed, code: str, status: int, after: int
) -> None:
    put("one", "two", ago=second(0))
    with pytest.MonkeyPatch.context() as broken:
        printed = follow(
            followed,
            lambda: put("three", "four", "five", ago=second(1)),
            lambda: break_reads(broken, code, status, after=after),
            lambda: put("six", ago=second(3)),
            broken.undo,
            lambda: put("seven", ago=second(9)),
            lambda: None,
        )
    assert followed.shown == ["one", "two", "three", "four", "five", "six", "seven"]
    assert any("AWS returned an error, retrying" in line for line in printed)


def test_a_failed_first_read_is_repeated(followed: Followed) -> None:
    put("one", "two", ago=second(0))
    with pytest.MonkeyPatch.context() as broken:
        break_reads(broken, "ThrottlingException", 400, after=1)
        follow(followed, lambda: None, broken.undo, lambda: None)
    assert followed.shown == ["one", "two"]


def test_missing_permission_ends_the_command(followed: Followed) -> None:
    with pytest.MonkeyPatch.context() as broken:
        break_reads(broken, "AccessDeniedException", 400, after=0)
        with pytest.raises(ClientError, match="AccessDenied"):
            followed.poll()


def texts(found: list[Line]) -> list[str]:
    return [line.text for line in found]


@pytest.mark.usefixtures("logged")
def test_the_newest_lines_are_in_order_with_a_note_about_others() -> None:
    put("one", "two", "three")
    found, more = SEARCH.newest(HALF_AN_HOUR, 2)
    assert (texts(found), more) == (["two", "three"], True)
    found, more = SEARCH.newest(HALF_AN_HOUR, 3)
    assert (texts(found), more) == (["one", "two", "three"], False)


@pytest.mark.usefixtures("logged")
def test_each_request_has_a_start() -> None:
    requested = []
    events = client("logs").meta.events

    def remember(params: dict[str, Any], **_: object) -> None:
        requested.append(params)

    events.register("provide-client-params.cloudwatch-logs.FilterLogEvents", remember)
    put("long ago", ago=timedelta(hours=2))
    assert SEARCH.newest(HALF_AN_HOUR, 9) == ([], False)
    events.unregister("provide-client-params.cloudwatch-logs.FilterLogEvents", remember)
    assert [one["startTime"] for one in requested] == [HALF_AN_HOUR]


@pytest.mark.usefixtures("logged")
def test_a_missing_group_is_refused() -> None:
    search = reading.Search(account=ACCOUNT, group="/ecs/none", query=LogQuery())
    with pytest.raises(Refused, match="There is no log group /ecs/none; run `pulumi up`"):
        search.newest(HALF_AN_HOUR, 1)

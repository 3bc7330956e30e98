"""A traceback is one error, whatever lines lie between its own."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application_lines import KINDS
from arbor.logs import reading
from arbor.logs.joined import GAP, headline, joined
from arbor.logs.line import Line
from arbor.logs.query import LogQuery
from log_fixtures import ACCOUNT, GROUP

ERRORS = LogQuery(errors=True)
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "a.py", line 1',
    "    b()",
    "KeyError: 1",
)
TEXTS = st.sampled_from([event for kind in KINDS for event in kind.events])


def lines(*events: tuple[str, str], every: int = 1) -> list[Line]:
    """Lines of (stream, text) pairs, at a fixed distance in milliseconds."""
    return [
        Line(id=str(number), at=number * every, stream=stream, text=text)
        for number, (stream, text) in enumerate(events)
    ]


def of(stream: str, texts: tuple[str, ...] = TRACEBACK) -> list[tuple[str, str]]:
    return [(stream, text) for text in texts]


def test_the_lines_of_two_streams_are_two_errors() -> None:
    mixed = [one for pair in zip(of("a"), of("b"), strict=True) for one in pair]
    assert [one.text for one in ERRORS.matching(lines(*mixed))] == ["\n".join(TRACEBACK)] * 2


def test_a_gap_ends_a_traceback() -> None:
    near = [one.text for one in joined(lines(*of("a"), every=GAP))]
    far = [one.text for one in joined(lines(*of("a"), every=GAP + 1))]
    assert (near, far) == (["\n".join(TRACEBACK)], list(TRACEBACK))


def test_the_next_traceback_is_another_error() -> None:
    texts = [one.text for one in ERRORS.matching(lines(*of("a"), *of("a", ("ValueError: other",))))]
    assert texts == ["\n".join(TRACEBACK), "ValueError: other"]


def test_an_error_of_node_has_its_stack() -> None:
    stack = (" TypeError: no", "    at handleError (a.js:1)", "    at Error (b.js:2)")
    assert len(list(ERRORS.matching(lines(*of("a", stack))))) == 1


def test_an_error_that_may_continue_is_not_ended() -> None:
    assert [one.ended for one in joined(lines(*of("a")))] == [False]
    assert [one.ended for one in joined(lines(*of("a"), ("a", "ERROR no")))] == [True, False]
    assert [one.ended for one in joined(lines(("a", "INFO yes")))] == [True]


@given(st.lists(st.tuples(st.sampled_from("abc"), TEXTS), max_size=30))
def test_each_line_is_in_the_output_once(events: list[tuple[str, str]]) -> None:
    read = lines(*events)
    whole = list(joined(read))
    ids = [part.id for one in whole for part in (one, *one.rest)]
    assert sorted(ids, key=int) == [one.id for one in read]
    assert [one.at for one in whole] == sorted(one.at for one in whole)


@given(st.integers(min_value=1, max_value=12), st.integers(min_value=1, max_value=5))
def test_pages_may_end_anywhere(size: int, limit: int) -> None:
    everything = [one for stream in "abcd" for one in of(stream)]
    read = lines(*sorted(everything, key=lambda one: TRACEBACK.index(one[1])))

    def pages(*_: object, **__: object) -> Iterator[list[Line]]:
        newest_first = read[::-1]
        yield from (newest_first[at : at + size] for at in range(0, len(read), size))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading.Search, "pages", pages)
        search = reading.Search(account=ACCOUNT, group=GROUP, query=ERRORS)
        found, more = search.newest(0, limit)
    assert [one.text for one in found] == ["\n".join(TRACEBACK)] * min(limit, 4)
    assert more is (limit < 4)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n".join(TRACEBACK), "KeyError: 1"),
        ("[ERROR] no way", "[ERROR] no way"),
        ("\n".join(TRACEBACK[:3]), "Traceback (most recent call last):"),
        (" Error: no\n    at a.js", " Error: no"),
    ],
)
def test_the_headline_is_the_line_with_the_error(text: str, line: str) -> None:
    assert headline(text) == line

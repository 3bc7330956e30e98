"""A log line on a terminal: readable, without control over it."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbor.logs.line import Line
from arbor.logs.rendering import render
from arbor.screen import safe

CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ANY = st.text(st.characters())
"""With surrogates, which JSON can contain."""
TIME = "2026-01-27T12:00:00.007Z"
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), ANY),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(ANY, inner)),
    max_leaves=8,
)


def show(logged: object) -> str:
    text = logged if isinstance(logged, str) else json.dumps(logged)
    return render(Line(id="1", at=1769515200007, stream="s", text=text)).plain


@given(st.one_of(ANY, JSON))
def test_a_line_has_no_control_characters(logged: object) -> None:
    first, *others = show(logged).split("\n")
    assert first.startswith(TIME)
    assert all(other.startswith("    ") for other in others)
    for one in (first, *others):
        assert not {unicodedata.category(character) for character in one} & CONTROLS
        one.encode()  # a surrogate can't be printed


def test_a_hostile_line_is_escaped() -> None:
    hostile = "ok\x1b[2J\x1b]0;title\x07\r\x9b1m \u202etxt\u2028"
    escaped = r"ok\x1b[2J\x1b]0;title\x07\r\x9b1m \u202etxt\u2028"
    assert show(hostile) == f"{TIME} {escaped}"
    assert show({"message": hostile}) == f"{TIME} {escaped}"
    assert show({"message": "m", "\x1b[1m": hostile}) == f"{TIME} m \\x1b[1m={escaped}"
    assert show({"message": "half \ud800"}) == rf"{TIME} half \ud800"
    assert "\x1b" not in show({"level": "\x1b[2J", "message": "m"})


@pytest.mark.parametrize(
    ("logged", "shown"),
    [
        (
            {"level": "info", "message": "sent", "customer_id": "abc", "duration": 12.5},
            "INFO    sent customer_id=abc duration=12.5",
        ),
        ({"event": "hit", "timestamp": "now", "n": {"a": [1]}}, 'hit n={"a": [1]}'),
        ({"level": 30, "msg": "pino"}, "pino"),
        ("plain [bold]text[/bold]: {}", "plain [bold]text[/bold]: {}"),
        ("[1, 2]", "[1, 2]"),
        ("{}", "{}"),
        ("a\tb", "a    b"),
        ("günstig ✓ 日本", "günstig ✓ 日本"),
        (
            {"level": "ERROR", "message": "boom", "exc": "Traceback:\n  here\n", "id": 1},
            "ERROR   boom id=1\n    exc=Traceback:\n      here",
        ),
        ("first\nsecond", "first\n    second"),
    ],
)
def test_a_line_is_readable(logged: object, shown: str) -> None:
    assert show(logged) == f"{TIME} {shown}"


@pytest.mark.parametrize(
    ("level", "style"), [("error", "bold red"), ("WARNING", "yellow"), ("info", "green")]
)
def test_the_level_is_coloured_and_the_fields_are_dimmed(level: str, style: str) -> None:
    text = json.dumps({"level": level, "message": "m", "id": 1})
    made = render(Line(id="1", at=0, stream="s", text=text))
    styles = {made.plain[span.start : span.end].strip(): str(span.style) for span in made.spans}
    assert styles[level.upper()] == f"not dim {style}"
    assert styles["m"] == "not dim"
    assert str(made.style) == "dim"
    assert "id=1" not in styles


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_printable_text_is_unchanged(text: str) -> None:
    assert safe(text) == text

"""JSON filter patterns of CloudWatch Logs: `{ $.duration > 2000 && $.level = "WARN" }`.

A comparison is false if the event lacks the property; only NOT EXISTS tests for that.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Any
Condition = Callable[[Json], bool]
MISSING = object()

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<regex>%[^%]+%)
      | (?P<path>\$(?:\.[A-Za-z_@][\w@-]*|\[\d+\]|\["[^"]+"\])*)
      | (?P<mark>&&|\|\||!=|>=|<=|[=<>(){}])
      | (?P<word>[^\s"(){}=<>!&|]+)
    )""",
    re.VERBOSE,
)
STEP = re.compile(r'\.([A-Za-z_@][\w@-]*)|\[(\d+)\]|\["([^"]+)"\]')
SUPPORTED = re.compile(r"[A-Za-z0-9:_#=@/;,^$?\[\]{}|\\*+.-]+")
ORDER: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class PatternError(ValueError):
    """CloudWatch Logs refuses the pattern, with InvalidParameterException and this message."""

    def __init__(self, sentence: str = "Invalid filter pattern") -> None:
        super().__init__(sentence)


def regular_expression(text: str) -> re.Pattern[str]:
    """Compile a regular expression within CloudWatch Logs' syntax. Raises PatternError.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
    """
    if SUPPORTED.fullmatch(text) is None:
        raise PatternError("Invalid character(s) in the regular expression of the filter pattern")
    try:
        return re.compile(text)
    except re.error:
        raise PatternError("Invalid regular expression in the filter pattern") from None


def parse_json_pattern(pattern: str) -> Condition:
    """Return a predicate on parsed events. Raises PatternError."""
    return _Parser(_tokens(pattern)).pattern()


def _tokens(pattern: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    text = pattern.rstrip()
    while position < len(text):
        token = TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise PatternError
        found.append((token.lastgroup, token[token.lastgroup]))
        position = token.end()
    return found


class _Parser:
    """Recursive descent: `&&` binds closer than `||`, parentheses closest."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0

    def pattern(self) -> Condition:
        self._expect("{")
        condition = self._either()
        self._expect("}")
        if self._next != len(self._tokens):
            raise PatternError
        return condition

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._took("||"):
            parts.append(self._both())
        return lambda event: any(part(event) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._took("&&"):
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Condition:
        if self._took("("):
            condition = self._either()
            self._expect(")")
            return condition
        kind, path = self._take()
        if kind != "path":
            raise PatternError
        return self._comparison(path)

    def _comparison(self, path: str) -> Condition:
        kind, text = self._take()
        if kind == "word":
            return _test(path, f"{text} {self._take()[1]}".upper())
        if text in ORDER:
            return _ordered(path, ORDER[text], _number(self._take()[1]))
        if text not in ("=", "!="):
            raise PatternError
        equal = _equal(*self._take())

        def compare(event: Json) -> bool:
            value = _at(event, path)
            return value is not MISSING and equal(value) is (text == "=")

        return compare

    def _take(self) -> tuple[str, str]:
        if self._next >= len(self._tokens):
            raise PatternError
        self._next += 1
        return self._tokens[self._next - 1]

    def _took(self, mark: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == ("mark", mark):
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise PatternError


def _test(path: str, text: str) -> Condition:
    tests: Mapping[str, Callable[[Json], bool]] = {
        "IS NULL": lambda value: value is None,
        "IS TRUE": lambda value: value is True,
        "IS FALSE": lambda value: value is False,
        "NOT EXISTS": lambda value: value is MISSING,
    }
    if text not in tests:
        raise PatternError
    holds = tests[text]
    return lambda event: holds(_at(event, path))


def _ordered(path: str, compare: Callable[[float, float], bool], limit: float) -> Condition:
    def holds(event: Json) -> bool:
        value = _at(event, path)
        return _is_number(value) and compare(value, limit)

    return holds


def _equal(kind: str, text: str) -> Callable[[Json], bool]:
    """Return equality with the right side of `=`: a number, text with `*` as wildcard, a regex."""
    if kind == "regex":
        expression = regular_expression(text[1:-1])
        return lambda value: isinstance(value, str) and expression.search(value) is not None
    if kind == "word" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        limit = float(text)
        return lambda value: (_is_number(value) and value == limit) or value == text
    if kind == "text":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif kind != "word":
        raise PatternError
    wanted = re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)
    return lambda value: isinstance(value, str) and wanted.fullmatch(value) is not None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PatternError from None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(event: Json, path: str) -> Json:
    value = event
    for name, index, quoted in STEP.findall(path[1:]):
        if index:
            reachable = isinstance(value, list) and int(index) < len(value)
            value = value[int(index)] if reachable else MISSING
        else:
            value = value.get(name or quoted, MISSING) if isinstance(value, dict) else MISSING
    return value

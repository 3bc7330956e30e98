"""GitHub's expressions, as far as the workflows use them; anything else raises.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Value = Any
Function = Callable[..., Value]
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|[!().,*\[\]]))"
)
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\(\)")
WORDS = {"true": True, "false": False, "null": None}


def evaluate(text: str, contexts: Mapping[str, Value], functions: Mapping[str, Function]) -> Value:
    """The value of one expression, without its `${{ }}`."""
    return _Parser(text, contexts, {**FUNCTIONS, **functions}).whole()


def filled(
    value: Value, contexts: Mapping[str, Value], functions: Mapping[str, Function] | None = None
) -> Value:
    """A node of YAML with each `${{ }}` replaced by its value."""
    if isinstance(value, dict):
        return {key: filled(item, contexts, functions) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, contexts, functions) for item in value]
    if not isinstance(value, str):
        return value
    whole = EXPRESSION.fullmatch(value.strip())
    if whole and value.count("${{") == 1:
        return evaluate(whole[1], contexts, functions or {})
    return EXPRESSION.sub(
        lambda found: text_of(evaluate(found[1], contexts, functions or {})), value
    )


def text_of(value: Value) -> str:
    """A value as a string: in an environment, an input or a command."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def truth(value: Value) -> bool:
    return not (value is None or value is False or value in {"", 0})


class _Parser:
    def __init__(
        self, text: str, contexts: Mapping[str, Value], functions: Mapping[str, Function]
    ) -> None:
        self.tokens = list(_tokens(text))
        self.contexts, self.functions = contexts, functions

    def whole(self) -> Value:
        value = self.either()
        if self.tokens:
            raise ValueError(f"not understood from {self.tokens[0][1]!r} on")
        return value

    def either(self) -> Value:
        value = self.both()
        while self.takes("||"):
            other = self.both()
            value = value if truth(value) else other
        return value

    def both(self) -> Value:
        value = self.compared()
        while self.takes("&&"):
            other = self.compared()
            value = other if truth(value) else value
        return value

    def compared(self) -> Value:
        value = self.negated()
        while self.tokens and self.tokens[0][1] in {"==", "!="}:
            sign = self.tokens.pop(0)[1]
            value = _equal(value, self.negated()) == (sign == "==")
        return value

    def negated(self) -> Value:
        return not truth(self.negated()) if self.takes("!") else self.reached()

    def reached(self) -> Value:
        value = self.single()
        while True:
            if self.takes("."):
                if self.takes("*"):
                    value = _Each(value.values() if isinstance(value, dict) else value or [])
                else:
                    value = _reach(value, self.tokens.pop(0)[1])
            elif self.takes("["):
                value = _reach(value, self.either())
                self.needs("]")
            else:
                return value

    def single(self) -> Value:
        kind, text = self.tokens.pop(0)
        if text == "(":
            value = self.either()
            self.needs(")")
            return value
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind != "name":
            raise ValueError(f"not understood: {text}")
        if self.takes("("):
            return self.functions[text](*self.arguments())
        return WORDS[text] if text in WORDS else self.contexts[text]

    def arguments(self) -> list[Value]:
        found: list[Value] = []
        while not self.takes(")"):
            found.append(self.either())
            self.takes(",")
        return found

    def takes(self, sign: str) -> bool:
        if self.tokens and self.tokens[0] == ("sign", sign):
            self.tokens.pop(0)
            return True
        return False

    def needs(self, sign: str) -> None:
        if not self.takes(sign):
            raise ValueError(f"{sign} is missing")


class _Each(list[Value]):
    """The result of `.*`: the next name applies to every item."""


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.strip()
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            raise ValueError(f"not understood from {text[place:]!r} on")
        kind = str(token.lastgroup)
        found.append((kind, token[kind]))
        place = token.end()
    return found


def _reach(value: Value, name: Value) -> Value:
    """A missing property is null, as in GitHub."""
    if isinstance(value, _Each):
        return _Each(_reach(item, name) for item in value)
    if not isinstance(value, dict):
        return None
    # The names of a context's values are case-insensitive.
    return {str(key).casefold(): one for key, one in value.items()}.get(text_of(name).casefold())


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    if type(one) is type(other):
        return bool(one == other)
    return _number(one) == _number(other)


def _number(value: Value) -> float:
    if value is None or value == "":
        return 0
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _contains(place: Value, item: Value) -> bool:
    if isinstance(place, list):
        return any(_equal(one, item) for one in place)
    return text_of(item).casefold() in text_of(place).casefold()


FUNCTIONS: dict[str, Function] = {
    "contains": _contains,
    "format": lambda pattern, *values: pattern.format(*map(text_of, values)),
    "fromJSON": json.loads,
    "toJSON": json.dumps,
    "hashFiles": lambda *_patterns: "hash",
}

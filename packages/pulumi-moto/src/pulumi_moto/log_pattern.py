"""Filter patterns of CloudWatch Logs: terms in any text, and conditions on JSON.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
Not modelled: space-delimited patterns (`[ip, user, ...]`), which raise PatternError.
"""

import json
import re
from collections.abc import Callable

from pulumi_moto.log_json_pattern import PatternError, parse_json_pattern, regular_expression

Matches = Callable[[str], bool]

TERM = re.compile(
    r"""\s*(?P<sign>[?-]?)(?:
        "(?P<phrase>(?:[^"\\]|\\.)*)"
      | %(?P<regex>[^%]+)%
      | (?P<word>[^\s"]+)
    )""",
    re.VERBOSE,
)


def compile_pattern(pattern: str) -> Matches:
    """Return a predicate on log messages.

    Raises PatternError for a pattern that AWS refuses.
    """
    stripped = pattern.strip()
    if not stripped:
        return lambda _message: True
    if stripped.startswith("{"):
        return _on_json(stripped)
    if stripped.startswith("["):
        raise PatternError("Space-delimited filter patterns are not emulated.")
    return _terms(stripped)


def _on_json(pattern: str) -> Matches:
    condition = parse_json_pattern(pattern)

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return condition(document)

    return matches


def _terms(pattern: str) -> Matches:
    """Require all plain terms and no `-term`, or any `?term` of a pattern with only those.

    AWS ignores `?terms` that are mixed with others.
    """
    required: list[Matches] = []
    excluded: list[Matches] = []
    optional: list[Matches] = []
    position = 0
    while position < len(pattern):
        term = TERM.match(pattern, position)
        if term is None:
            raise PatternError("Invalid filter pattern")
        kind = {"": required, "-": excluded, "?": optional}[term["sign"]]
        kind.append(_term(term))
        position = term.end()

    def matches(message: str) -> bool:
        if required or excluded:
            return all(term(message) for term in required) and not any(
                term(message) for term in excluded
            )
        return any(term(message) for term in optional)

    return matches


def _term(term: re.Match[str]) -> Matches:
    if term["regex"] is not None:
        expression = regular_expression(term["regex"])
        return lambda message: expression.search(message) is not None
    if term["phrase"] is not None:
        phrase = re.sub(r"\\(.)", r"\1", term["phrase"])
        return lambda message: phrase in message
    word = term["word"]
    if re.fullmatch(r"\w+", word, re.ASCII) is None:
        raise PatternError(f"Invalid character(s) in term '{word}'")
    return lambda message: word in message

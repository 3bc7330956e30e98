"""A query of a log: a filter pattern for CloudWatch Logs, and the conditions it can't express.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
A pattern is words, one regular expression, or conditions on JSON, whose texts may contain `*`. An
expression has no parentheses, quotes or spaces. So the pattern passes more than the query, and each
line is matched again here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arbor.logs.joined import GAP, joined
from arbor.logs.line import DURATIONS, Line
from arbor.logs.plain import ERROR_LEVELS

MAX_PATTERN = 1024
"""Characters."""
ERROR_EXPRESSIONS = (
    "Exception",
    "Traceback",
    r"^\s",  # the lines of a traceback
    "above.exception",  # between two tracebacks of one error
    r"^[A-Za-z_.]+:",  # the end of one
    r"HTTP/[0-9.]+.\s5[0-9][0-9]",  # a request that failed
)
"""Alternatives to the levels of errors."""


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """Conditions that a line must meet, all of them."""

    errors: bool = False
    customer: str | None = None
    """The value of the field `customer_id`."""
    slower_than: int | None = None
    """Milliseconds in one of the fields in `line.DURATIONS`."""

    def pattern(self) -> str:
        """The filter pattern; empty for every line. Raises ValueError above 1024 characters."""
        conditions = []
        if self.customer is not None:
            conditions.append(_customer(self.customer))
        if self.slower_than is not None:
            longer = " || ".join(f"$.{key} > {self.slower_than}" for key in DURATIONS)
            conditions.append(f"({longer})")
        if conditions:
            found = f"{{ {' && '.join(conditions)} }}"
        else:
            found = _any_error() if self.errors else ""
        if len(found) > MAX_PATTERN:
            raise ValueError(
                f"The filter pattern has {len(found)} characters; CloudWatch Logs allows "
                f"{MAX_PATTERN}. Shorten the conditions."
            )
        return found

    @property
    def margin(self) -> int:
        """Milliseconds before a line in which the start of its traceback may lie."""
        return GAP + 1 if self.errors else 0

    def matching(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The matching lines in their order, each traceback as one line."""
        whole = joined(lines) if self.errors else lines
        return (one for one in whole if self.matches(one))

    def matches(self, line: Line) -> bool:
        """Whether a line that passed the pattern meets the conditions."""
        took = line.milliseconds
        return (
            (self.customer is None or str(line.fields.get("customer_id")) == self.customer)
            and (self.slower_than is None or (took is not None and took > self.slower_than))
            and (not self.errors or line.is_error)
        )


def _customer(customer: str) -> str:
    """As a text, and for digits also as a number: applications log either."""
    text = customer.replace("\\", "\\\\").replace('"', '\\"')
    as_text = f'$.customer_id = "{text}"'
    if re.fullmatch(r"[0-9]+", customer):
        return f"({as_text} || $.customer_id = {customer})"
    return as_text


def _any_error() -> str:
    levels = ("".join(f"[{one}{one.lower()}]" for one in level) for level in sorted(ERROR_LEVELS))
    return f"%{'|'.join([*levels, *ERROR_EXPRESSIONS])}%"

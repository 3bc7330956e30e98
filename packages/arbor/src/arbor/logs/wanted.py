"""Which lines are looked for: a pattern for CloudWatch Logs, and what it can't say.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
A pattern is words, one regular expression, or conditions on JSON; in a text of those `*` stands for
anything. An expression has no parentheses, no quotes and no spaces. So the pattern lets through
whatever may be wanted, and each line is looked at again here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arbor.logs.joined import GAP, joined
from arbor.logs.line import DURATIONS, Line
from arbor.logs.plain import BAD_LEVELS

LONGEST = 1024
"""Characters of a pattern."""
OF_ERRORS = (
    "Exception",
    "Traceback",
    r"^\s",  # the lines of a traceback
    "above.exception",  # between two tracebacks of one error
    r"^[A-Za-z_.]+:",  # the end of one
    r"HTTP/[0-9.]+.\s5[0-9][0-9]",  # a request that failed
)
"""Beside the bad levels, which are looked for in every case."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Every condition that is given has to hold."""

    errors: bool = False
    customer: str | None = None
    """Of the field `customer_id`."""
    slower_than: int | None = None
    """Milliseconds, of any of the fields in `line.DURATIONS`."""

    def pattern(self) -> str:
        """What CloudWatch Logs is asked for. Raises ValueError when it would be too long."""
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
        if len(found) > LONGEST:
            raise ValueError(
                f"CloudWatch Logs takes {LONGEST} characters of conditions; these are {len(found)}."
            )
        return found

    @property
    def reach(self) -> int:
        """Milliseconds before a line within which others may belong to it."""
        return GAP + 1 if self.errors else 0

    def of(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Those of the lines that came through, in their order; a traceback as one of them."""
        whole = joined(lines) if self.errors else lines
        return (one for one in whole if self.holds(one))

    def holds(self, line: Line) -> bool:
        """Whether a line that came through is one of those that are wanted."""
        took = line.milliseconds
        return (
            (self.customer is None or str(line.fields.get("customer_id")) == self.customer)
            and (self.slower_than is None or (took is not None and took > self.slower_than))
            and (not self.errors or line.is_error)
        )


def _customer(customer: str) -> str:
    """A text, and a number too where it looks like one: applications log either."""
    said = customer.replace("\\", "\\\\").replace('"', '\\"')
    as_text = f'$.customer_id = "{said}"'
    if re.fullmatch(r"[0-9]+", customer):
        return f"({as_text} || $.customer_id = {customer})"
    return as_text


def _any_error() -> str:
    levels = ("".join(f"[{one}{one.lower()}]" for one in level) for level in sorted(BAD_LEVELS))
    return f"%{'|'.join([*levels, *OF_ERRORS])}%"

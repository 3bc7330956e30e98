"""Which lines are looked for: a pattern for CloudWatch Logs, and what it can't say.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
A pattern is words or conditions on JSON, never both; a word is found in its very case; in a text
`*` stands for anything. So the pattern lets through whatever may be wanted, and each line is looked
at again here.
"""

import re
from dataclasses import dataclass

from operations.logs.line import BAD_LEVELS, BAD_WORDS, Line

LONGEST = 1024
"""Characters of a pattern."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Every condition that is given has to hold."""

    errors: bool = False
    customer: str | None = None
    """Of the field `customer_id`."""
    slower_than: int | None = None
    """Milliseconds, as the application logs its `duration`."""

    def pattern(self) -> str:
        """What CloudWatch Logs is asked for. Raises ValueError when it would be too long."""
        conditions = []
        if self.customer is not None:
            conditions.append(_customer(self.customer))
        if self.slower_than is not None:
            conditions.append(f"$.duration > {self.slower_than}")
        if conditions:
            found = f"{{ {' && '.join(conditions)} }}"
        else:
            found = _any_of_the_words() if self.errors else ""
        if len(found) > LONGEST:
            raise ValueError(
                f"CloudWatch Logs takes {LONGEST} characters of conditions; these are {len(found)}."
            )
        return found

    def holds(self, line: Line) -> bool:
        """Whether a line that came through is one of those that are wanted."""
        duration = line.fields.get("duration")
        return (
            (self.customer is None or str(line.fields.get("customer_id")) == self.customer)
            and (
                self.slower_than is None
                or (isinstance(duration, int | float) and duration > self.slower_than)
            )
            and (not self.errors or line.is_error)
        )


def _customer(customer: str) -> str:
    """A text, and a number too where it looks like one: applications log either."""
    said = customer.replace("\\", "\\\\").replace('"', '\\"')
    as_text = f'$.customer_id = "{said}"'
    if re.fullmatch(r"[0-9]+", customer):
        return f"({as_text} || $.customer_id = {customer})"
    return as_text


def _any_of_the_words() -> str:
    """Those of lines without a level, and each bad level in the cases that loggers write."""
    levels = [spelt for level in sorted(BAD_LEVELS) for spelt in (level, level.lower())]
    levels += [level.title() for level in sorted(BAD_LEVELS)]
    return " ".join(f"?{word}" for word in dict.fromkeys([*BAD_WORDS, *levels]))

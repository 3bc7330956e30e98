"""cache clear PATTERN: the keys that match, in pieces, so that Redis goes on answering.

SCAN goes through the keys a few at a time, where KEYS would stop the server until it has seen all;
UNLINK frees their memory aside, where DEL would do it at once.
https://redis.io/docs/latest/commands/scan/
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from arbor.account import typed
from arbor.procedure import Refused, Run, Step

if TYPE_CHECKING:
    import redis

RATE_LIMIT = "ratelimit:"
"""Before each client's counters: without them a client that is over its limit begins anew."""
KEYS = ("plans:*", "recommendations:*", "usage_analysis:*")
"""What the application keeps beside them."""
BATCH = 500
"""Keys that one command looks at, or frees."""
TELL_EVERY = 10_000
"""Keys between two lines of progress."""
EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Clear:
    """Counted, and not begun. The application may set keys again, and new ones, at any time."""

    session: "redis.Redis"
    pattern: str
    matching: int
    total: int
    """All keys."""
    examples: tuple[str, ...]

    def execute(self, run: Run) -> None:
        """Free them; a key that is gone meanwhile is no failure."""
        if not self.matching:
            run.say(
                f"no key of {self.total:,} matches {self.pattern}: there is nothing to free; "
                f"the application's keys are {', '.join(KEYS)}"
            )
            return
        shown = ", ".join(repr(key) for key in self.examples)  # control characters are escaped
        step = Step(
            says=f"free {self.matching:,} of {self.total:,} keys, such as {shown}",
            do=lambda: self._free(run.say),
            took_effect=lambda: True,
        )
        run.execute([step])

    def _free(self, say: Callable[[str], None]) -> None:
        freed = looked_at = 0
        keys = _matching(self.session, self.pattern)
        while batch := list(islice(keys, BATCH)):
            freed += int(str(self.session.unlink(*batch)))
            looked_at += len(batch)
            if looked_at % TELL_EVERY == 0:
                say(f"  {freed:,} of {self.matching:,} freed")
        say(f"  {freed:,} keys were freed")


def must_choose(pattern: str, stack: str) -> None:
    """Raises Refused where the pattern is no choice."""
    if not pattern:
        raise Refused(f"an empty pattern matches no key; name one, such as `{KEYS[0]}`.")
    if not pattern.strip("*"):
        raise Refused(f"`{pattern}` is every key: that is `{typed('arbor cache flush', stack)}`.")


def plan(session: "redis.Redis", pattern: str) -> Clear:
    """Count what matches."""
    keys = _matching(session, pattern)
    examples = tuple(islice(keys, EXAMPLES))
    return Clear(
        session=session,
        pattern=pattern,
        matching=len(examples) + sum(1 for _ in keys),
        total=int(str(session.dbsize())),
        examples=examples,
    )


def _matching(session: "redis.Redis", pattern: str) -> Iterator[str]:
    """Counters of the rate limit only where the pattern names them."""
    named = pattern.startswith(RATE_LIMIT)
    for key in session.scan_iter(match=pattern, count=BATCH):
        if named or not key.startswith(RATE_LIMIT):
            yield key

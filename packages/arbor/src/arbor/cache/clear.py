"""cache clear PATTERN: delete the matching keys in batches while Redis keeps serving requests.

SCAN visits a few keys per call, where KEYS blocks the server for all of them; UNLINK frees memory
in the background, where DEL frees it at once.
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
"""Prefix of the rate limit's counters; a client over its limit starts again without them."""
KEYS = ("plans:*", "recommendations:*", "usage_analysis:*")
"""The application's other keys."""
BATCH = 500
"""Keys per SCAN or UNLINK."""
REPORT_EVERY = 10_000
"""Keys between two lines of progress."""
EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Clear:
    """Keys to delete, as counted; the application may set further keys at any time."""

    session: "redis.Redis"
    pattern: str
    matching: int
    total: int
    """All keys of the database."""
    examples: tuple[str, ...]

    def execute(self, run: Run) -> None:
        """Delete the keys; one that has expired since is no failure."""
        if not self.matching:
            run.say(
                f"0 of {self.total:,} keys match {self.pattern}: nothing to delete; the "
                f"application's keys are {', '.join(KEYS)}"
            )
            return
        shown = ", ".join(repr(key) for key in self.examples)  # control characters are escaped
        step = Step(
            action=f"delete {self.matching:,} of {self.total:,} keys, such as {shown}",
            do=lambda: self._delete(run.say),
            took_effect=lambda: True,
        )
        run.execute([step])

    def _delete(self, say: Callable[[str], None]) -> None:
        deleted = visited = 0
        keys = _matching(self.session, self.pattern)
        while batch := list(islice(keys, BATCH)):
            deleted += int(str(self.session.unlink(*batch)))
            visited += len(batch)
            if visited % REPORT_EVERY == 0:
                say(f"  {deleted:,} of {self.matching:,} keys deleted")
        say(f"  {deleted:,} keys deleted")


def check_pattern(pattern: str, stack: str) -> None:
    """Raises Refused if the pattern is empty or matches every key."""
    if not pattern:
        raise Refused(f"an empty pattern matches no key; give one such as `{KEYS[0]}`.")
    if not pattern.strip("*"):
        raise Refused(f"`{pattern}` matches every key; use `{typed('arbor cache flush', stack)}`.")


def plan(session: "redis.Redis", pattern: str) -> Clear:
    """Count the matching keys."""
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
    """Skip the rate limit's counters unless the pattern names them."""
    named = pattern.startswith(RATE_LIMIT)
    for key in session.scan_iter(match=pattern, count=BATCH):
        if named or not key.startswith(RATE_LIMIT):
            yield key

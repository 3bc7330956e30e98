"""One client of the API, the firewall's rate limits, and the application's responses.

The application has its own limit (app/middleware/rate_limit.py in its repository): 60 served
requests in 60 seconds and 1000 in an hour; above that it returns 500. WAF evaluates its window
about every ten seconds, some seconds late, and blocked requests count as well:
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-caveats.html
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

MINUTE, HOUR = 60, 3600
LOOKS_EVERY = 10
"""Seconds between two evaluations of a rate by WAF."""
Limit = tuple[int, int]
"""Requests, and the seconds in which they are allowed."""
APPLICATION: Sequence[Limit] = ((60, MINUTE), (1000, HOUR))


@dataclass
class Application:
    """Responses to one client; a refused request does not count."""

    answered: deque[float] = field(default_factory=deque)

    def answer(self, now: float) -> int:
        while self.answered and self.answered[0] <= now - HOUR:
            self.answered.popleft()
        for limit, seconds in APPLICATION:
            if len(self.answered) >= limit and self.answered[-limit] > now - seconds:
                return 500
        self.answered.append(now)
        return 200


@dataclass
class RateRule:
    """A rate-based rule, for one address."""

    limit: Limit
    delay: float
    came: deque[float] = field(default_factory=deque)
    blocks: bool = False
    looked: float = 0

    def lets(self, now: float) -> bool:
        requests, seconds = self.limit
        while self.looked + LOOKS_EVERY <= now:
            self.looked += LOOKS_EVERY
            until = self.looked - self.delay
            self.blocks = sum(until - seconds < at <= until for at in self.came) > requests
        while self.came and self.came[0] <= now - seconds - 2 * LOOKS_EVERY - self.delay:
            self.came.popleft()
        self.came.append(now)
        return not self.blocks


@dataclass(frozen=True)
class Client:
    """Sends requests at a constant rate, and pauses after a 429 for the given time."""

    per_minute: int
    waits: int = 0
    """Seconds after a 429."""

    def failures(
        self, firewall: Sequence[Limit], *, hours: float, delay: float = 30, begins: float = 0
    ) -> dict[int, int]:
        """The number of its requests with a 500, by minute."""
        application, found = Application(), dict[int, int]()
        rules = [RateRule(limit, delay) for limit in firewall]
        now = begins
        while now < begins + hours * HOUR:
            if not all(rule.lets(now) for rule in rules):
                now += max(self.waits, MINUTE / self.per_minute)
                continue
            if application.answer(now) != 200:
                minute = int(now // MINUTE)
                found[minute] = found.get(minute, 0) + 1
            now += MINUTE / self.per_minute
        return found

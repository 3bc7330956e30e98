"""What triage has found, as plain values: None and empty where nobody knows."""

from dataclasses import dataclass, field
from typing import Final

FEW_LOOKUPS: Final = 100
"""Too few to say how well the cache works."""


@dataclass(frozen=True, kw_only=True)
class App:
    """A service: what a user gets, and what runs."""

    app: str
    url_wrong: str = ""
    """Why nobody gets anything at its public address."""
    unwell: str = ""
    """What it answers of itself instead of healthy."""
    disconnected: list[str] = field(default_factory=list)
    """What it says that it can't reach, such as `redis disconnected`."""
    there: bool | None = None
    desired: int | None = None
    running: int | None = None
    healthy: int | None = None
    """Targets of the live colour."""
    targets: int | None = None
    crashes: list[str] = field(default_factory=list)
    """Why tasks crashed within the hour, the newest first."""
    deployment: str = ""
    """How its newest deployment failed, if that is news; nothing otherwise."""
    left_half_way: bool = False
    """That deployment was neither done nor taken back."""
    just_deployed: bool = False
    """So what is wrong may have come with it."""
    alarms: list[str] = field(default_factory=list)
    """Those that ring."""
    errors: int | None = None
    """Errors in its log, as `arbor logs --errors` shows them."""

    @property
    def down(self) -> bool:
        """No user can be served: nothing runs that could."""
        return self.there is False or self.healthy == 0 or self.running == 0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What triage has found."""

    backend: App = field(default_factory=lambda: App(app="backend"))
    frontend: App = field(default_factory=lambda: App(app="frontend"))
    requests: float | None = None
    failed_requests: float | None = None
    """Answered by 5xx, by the load balancer or by a task."""
    blocked: int | None = None
    """Requests that WAF blocked, without those over the API's limit; none is in `requests`."""
    blocked_by: str = ""
    """Which rules, how many of them each, and what such a request is."""
    blocked_log: str = ""
    """The log group that has them."""
    seconds: float | None = None
    """To answer: the average of the worst five minutes."""
    database: str | None = None
    """Its status."""
    database_serves: bool | None = None
    database_full: bool = False
    no_standby: bool = False
    connections: float | None = None
    usable_connections: int | None = None
    exhausted: int | None = None
    """Lines in the log that say that the connection pool is."""
    cache: str | None = None
    cache_serves: bool | None = None
    no_failover: bool = False
    hits: float | None = None
    misses: float | None = None
    evictions: float | None = None
    cache_connections: float | None = None
    certificate_wrong: str = ""
    """Why browsers refuse it."""
    certificate_ends: str = ""
    """When, if that is soon."""

    @property
    def apps(self) -> tuple[App, App]:
        return self.backend, self.frontend

    @property
    def failing(self) -> float:
        """The part of the requests that get a 5xx."""
        return (self.failed_requests or 0) / self.requests if self.requests else 0.0

    @property
    def refused(self) -> float:
        """The part of all requests that WAF blocked, without those over the API's limit."""
        asked = (self.requests or 0) + (self.blocked or 0)
        return (self.blocked or 0) / asked if asked else 0.0

    @property
    def crowded(self) -> float:
        """The part of the usable connections that is taken."""
        if self.connections is None or not self.usable_connections:
            return 0.0
        return self.connections / self.usable_connections

    @property
    def hit_rate(self) -> float | None:
        """The part that the cache had; None when it was hardly asked."""
        asked = (self.hits or 0) + (self.misses or 0)
        return (self.hits or 0) / asked if asked >= FEW_LOOKUPS else None

"""The signals of an incident as plain values; None or empty where a value is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MIN_LOOKUPS: Final = 100
"""A hit rate of fewer lookups means little."""


@dataclass(frozen=True, kw_only=True)
class ServiceSignals:
    """A service of the stack."""

    app: str
    url_problem: str = ""
    """Why its public URL doesn't answer 200, such as `answers 503`."""
    unhealthy: str = ""
    """The problem in its own report, at status 200."""
    disconnected: list[str] = field(default_factory=list)
    """The stores that it can't reach, such as `redis disconnected`."""
    exists: bool | None = None
    desired: int | None = None
    running: int | None = None
    healthy: int | None = None
    """Targets with production traffic."""
    targets: int | None = None
    crashes: list[str] = field(default_factory=list)
    """Stop reasons of tasks that crashed within the hour, the newest first."""
    failed_deployment: str = ""
    """A sentence about its newest deployment, if that failed."""
    half_deployed: bool = False
    """The failed deployment was not rolled back."""
    just_deployed: bool = False
    """A deployment is a likely cause."""
    alarms: list[str] = field(default_factory=list)
    """A sentence for each alarm in ALARM."""
    errors: int | None = None
    """Errors in its log, as `arbor logs --errors` counts them."""

    @property
    def down(self) -> bool:
        """Whether it can't serve requests."""
        return self.exists is False or self.healthy == 0 or self.running == 0


@dataclass(frozen=True, kw_only=True)
class Signals:
    """The signals that severity is judged by."""

    services: Mapping[str, ServiceSignals] = field(default_factory=dict)
    """By application, in release order."""
    backend: str = "backend"
    """The application that reaches the stores."""
    no_services: bool = False
    requests: float | None = None
    failed_requests: float | None = None
    """Responses with 5xx, of the load balancer and of tasks."""
    blocked: int | None = None
    """Requests that WAF blocked, without those above the API's limit; none is in `requests`."""
    blocked_by: str = ""
    """The rules, with numbers and examples."""
    blocked_log: str = ""
    """The log group that contains them."""
    seconds: float | None = None
    """The highest 5-minute average of the response time."""
    database: str | None = None
    """Its status."""
    database_serves: bool | None = None
    database_full: bool = False
    no_standby: bool = False
    connections: float | None = None
    usable_connections: int | None = None
    exhausted: int | None = None
    """Log lines about an exhausted connection pool."""
    cache: str | None = None
    cache_serves: bool | None = None
    no_failover: bool = False
    hits: float | None = None
    misses: float | None = None
    evictions: float | None = None
    cache_connections: float | None = None
    certificate_invalid: str = ""
    """The status of a certificate that browsers refuse."""
    certificate_ends: str = ""
    """When it ends, if that is soon."""

    @property
    def primary(self) -> ServiceSignals:
        """The backend's."""
        return self.services.get(self.backend) or ServiceSignals(app=self.backend)

    @property
    def others(self) -> list[ServiceSignals]:
        return [one for app, one in self.services.items() if app != self.backend]

    @property
    def failing(self) -> float:
        """The fraction of requests with a 5xx response."""
        return (self.failed_requests or 0) / self.requests if self.requests else 0.0

    @property
    def refused(self) -> float:
        """The fraction of all requests that WAF blocked, without those above the API's limit."""
        total = (self.requests or 0) + (self.blocked or 0)
        return (self.blocked or 0) / total if total else 0.0

    @property
    def connections_used(self) -> float:
        """The fraction of the usable connections that are open."""
        if self.connections is None or not self.usable_connections:
            return 0.0
        return self.connections / self.usable_connections

    @property
    def hit_rate(self) -> float | None:
        """The cache's; None below MIN_LOOKUPS."""
        lookups = (self.hits or 0) + (self.misses or 0)
        return (self.hits or 0) / lookups if lookups >= MIN_LOOKUPS else None

"""Middleware of every request: its time is measured, and its client is counted."""

import time

from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from app.core.logging import get_logger
from app.core.redis import opened

logger = get_logger(__name__)

SLOW_SECONDS, CRITICAL_SECONDS = 1.0, 2.0
A_MINUTE, AN_HOUR = 60, 1000
"""Requests that a client may send."""


class TimingMiddleware(BaseHTTPMiddleware):
    """Logs a slow request only."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        took = time.perf_counter() - began
        response.headers["X-Response-Time"] = f"{int(took * 1000)}ms"
        write, event = logger.debug, "Request completed"
        if took >= CRITICAL_SECONDS:
            write, event = logger.error, "Critical slow request"
        elif took >= SLOW_SECONDS:
            write, event = logger.warning, "Slow request detected"
        write(
            event,
            method=request.method,
            path=request.url.path,
            response_time_ms=int(took * 1000),
            status_code=response.status_code,
        )
        return response


class RateLimitMiddleware(BaseHTTPMiddleware):
    """Counts in Redis, else in this worker, by the first address of X-Forwarded-For.

    Its 429 is raised outside the framework's exception handlers, so the client gets 500.
    """

    _seen: dict[str, list[float]]

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path.startswith("/api/v1/health"):
            return await call_next(request)
        forwarded = request.headers.get("X-Forwarded-For", "")
        host = request.client.host if request.client else "unknown"
        client = f"ip:{forwarded.split(',')[0].strip() or host}"
        try:
            allowed = await _allowed(client)
        except Exception as error:  # noqa: BLE001 - as the real one
            message = f"Redis rate limit check failed, using memory: {error}"
            logger.warning(message)
            allowed = self._allowed_here(client)
        if not allowed:
            logger.warning("Rate limit exceeded", client_id=client, path=request.url.path)
            raise HTTPException(429, "Rate limit exceeded. Please try again later.")
        return await call_next(request)

    def _allowed_here(self, client: str) -> bool:
        now = time.time()
        every = self.__dict__.setdefault("_seen", {})
        every[client] = recent = [then for then in every.get(client, []) if then > now - 60]
        if len(recent) >= A_MINUTE:
            return False
        recent.append(now)
        return True


async def _allowed(client: str) -> bool:
    """Raises if Redis is unavailable."""
    if opened.client is None:
        raise RuntimeError("Redis not available")
    now = time.time()
    windows = (
        (f"ratelimit:{client}:minute", 60, A_MINUTE),
        (f"ratelimit:{client}:hour", 3600, AN_HOUR),
    )
    pipe = opened.client.pipeline()
    for key, seconds, _ in windows:
        pipe.zremrangebyscore(key, 0, now - seconds)
        pipe.zcard(key)
    counts = (await pipe.execute())[1::2]
    if any(count >= most for count, (_, _, most) in zip(counts, windows, strict=True)):
        return False
    pipe = opened.client.pipeline()
    for key, seconds, _ in windows:
        pipe.zadd(key, {str(now): now})
        pipe.expire(key, seconds)
    await pipe.execute()
    return True

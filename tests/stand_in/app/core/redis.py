"""The cache: a pool of 20 connections a worker, and JSON under its keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis

from app.core.config import settings
from app.core.logging import get_logger

logger = get_logger(__name__)


@dataclass(kw_only=True)
class _Opened:
    """Opened by this worker."""

    client: redis.Redis | None = None


opened = _Opened()


async def init_redis() -> redis.Redis:
    """Open the pool, and raise if Redis does not respond."""
    pool = redis.ConnectionPool.from_url(
        settings.redis_url, decode_responses=True, max_connections=20
    )
    opened.client = redis.Redis(connection_pool=pool)
    await opened.client.ping()
    logger.info("Redis connection established")
    return opened.client


async def close_redis() -> None:
    if opened.client is not None:
        await opened.client.aclose(close_connection_pool=True)
    logger.info("Redis connection closed")


async def get_redis() -> redis.Redis:
    """The open client; opens it if that failed at start."""
    return opened.client if opened.client is not None else await init_redis()


class CacheService:
    """Entries under a key, with an expiry."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    async def get(self, key: str) -> Any | None:
        value = await self.client.get(key)
        return None if value is None else json.loads(value)

    async def set(self, key: str, value: object, ttl: int | None = None) -> None:
        await self.client.setex(key, ttl or settings.cache_ttl_seconds, json.dumps(value))

    async def set_many(self, items: Mapping[str, object], ttl: int | None = None) -> None:
        pipe = self.client.pipeline()
        for key, value in items.items():
            pipe.setex(key, ttl or settings.cache_ttl_seconds, json.dumps(value))
        await pipe.execute()

    async def delete(self, key: str) -> None:
        await self.client.delete(key)


class CacheKeys:
    """Every key except the rate limit's."""

    PLANS_ALL = "plans:all"

    @staticmethod
    def plan(plan_id: object) -> str:
        return f"plans:{plan_id}"

    @staticmethod
    def recommendations(customer_id: object) -> str:
        return f"recommendations:{customer_id}"

    @staticmethod
    def usage_analysis(customer_id: object) -> str:
        return f"usage_analysis:{customer_id}"

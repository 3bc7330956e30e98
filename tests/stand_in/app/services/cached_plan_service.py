"""Plans, from the cache if possible; `warm_cache` is a method, not a function."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.logging import get_logger
from app.core.redis import CacheKeys, CacheService
from app.models import EnergyPlan

PLANS_CACHE_TTL, PLAN_DETAIL_TTL = 300, 600

logger = get_logger(__name__)


class CachedPlanService:
    """Uses a session of the database and the cache."""

    def __init__(self, db: AsyncSession, cache: CacheService) -> None:
        self.db = db
        self.cache = cache

    async def get_all_active_plans(self) -> list[dict[str, Any]]:
        cached: list[dict[str, Any]] | None = await self.cache.get(CacheKeys.PLANS_ALL)
        if cached:
            return cached
        plans = await active_plans(self.db)
        await self.cache.set(CacheKeys.PLANS_ALL, plans, ttl=PLANS_CACHE_TTL)
        return plans

    async def warm_cache(self) -> int:
        """Put the list and each plan into the cache; returns the number of plans."""
        plans = await active_plans(self.db)
        await self.cache.set(CacheKeys.PLANS_ALL, plans, ttl=PLANS_CACHE_TTL)
        each = {CacheKeys.plan(plan["id"]): plan for plan in plans}
        await self.cache.set_many(each, ttl=PLAN_DETAIL_TTL)
        message = f"Warmed cache with {len(plans)} plans"
        logger.info(message)
        return len(plans)


async def active_plans(db: AsyncSession) -> list[dict[str, Any]]:
    """From the database."""
    found = await db.scalars(select(EnergyPlan).where(EnergyPlan.is_active))
    return [as_json(plan) for plan in found]


def as_json(plan: EnergyPlan) -> dict[str, Any]:
    return {
        "id": str(plan.id),
        "supplier_id": str(plan.supplier_id),
        "name": plan.name,
        "rate_per_kwh": str(plan.rate_per_kwh),
        "is_active": plan.is_active,
        "supplier": {"id": str(plan.supplier.id), "name": plan.supplier.name},
    }

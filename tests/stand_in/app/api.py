"""The paths below /api/v1."""

import csv
import io
import time
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from uuid import UUID, uuid4

from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.config import settings
from app.core.database import async_session_maker
from app.core.logging import get_logger
from app.core.redis import CacheKeys, CacheService, get_redis
from app.core.security import is_valid
from app.models import Customer, CustomerUsage, EnergyPlan
from app.services.cached_plan_service import CachedPlanService, active_plans, as_json
from app.switches import obey

logger = get_logger("app.services.recommendation")

WHO = {"version": settings.app_version, "environment": settings.environment}
RECOMMENDATIONS_TTL = 300
MONTHS = 3
"""Months of usage that a recommendation requires."""


async def health(_request: Request) -> Response:
    """200 while the process lives, whatever the state of its stores."""
    return JSONResponse({"status": "healthy", **WHO})


async def detailed(_request: Request) -> Response:
    """Always 200."""
    database = cache = "healthy"
    try:
        async with async_session_maker() as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - as the real one
        database = "unhealthy"
    try:
        await (await get_redis()).ping()
    except Exception:  # noqa: BLE001 - as the real one
        cache = "unhealthy"
    status = "healthy" if database == cache == "healthy" else "degraded"
    return JSONResponse({"status": status, **WHO, "database": database, "cache": cache})


async def plans(_request: Request) -> Response:
    """From the database: this path does not use the cache."""
    await obey()
    async with async_session_maker() as session:
        return JSONResponse(await active_plans(session))


async def plan(request: Request) -> Response:
    await obey()
    wanted = _uuid(request.path_params["plan_id"])
    async with async_session_maker() as session:
        found = await session.get(EnergyPlan, wanted)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Plan with id '{wanted}' not found")
        return JSONResponse(as_json(found))


async def recommend(request: Request) -> Response:
    """The first three plans; it logs the customer, and caches them."""
    await obey()
    began = time.perf_counter()
    wanted = _uuid((await request.json()).get("customer_id"))
    cache = CacheService(await get_redis())
    async with async_session_maker() as session:
        customer = await session.get(Customer, wanted)
        if customer is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"Customer with id '{wanted}' not found")
        if len(customer.usage_data) < MONTHS:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST, "Insufficient usage data. At least 3 months required."
            )
        every = await CachedPlanService(session, cache).get_all_active_plans()
    took = int((time.perf_counter() - began) * 1000)
    answer = {
        "customer_id": str(wanted),
        "recommendations": [{"rank": n, "plan": one} for n, one in enumerate(every[:3], 1)],
        "processing_time_ms": took,
    }
    await cache.set(CacheKeys.recommendations(wanted), answer, ttl=RECOMMENDATIONS_TTL)
    usage = {"months": len(customer.usage_data)}
    await cache.set(CacheKeys.usage_analysis(wanted), usage, ttl=RECOMMENDATIONS_TTL)
    logger.info(
        "Generated recommendations",
        customer_id=str(wanted),
        num_plans_evaluated=len(every),
        processing_time_ms=took,
    )
    return JSONResponse(answer)


async def recommended(request: Request) -> Response:
    await obey()
    wanted = _uuid(request.path_params["customer_id"])
    cached = await CacheService(await get_redis()).get(CacheKeys.recommendations(wanted))
    if not cached:
        raise HTTPException(
            HTTPStatus.NOT_FOUND, "No cached recommendations found. Generate new recommendations."
        )
    return JSONResponse(cached)


async def forget(request: Request) -> Response:
    wanted = _uuid(request.path_params["customer_id"])
    await CacheService(await get_redis()).delete(CacheKeys.recommendations(wanted))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def ingest(request: Request) -> Response:
    """A file of `date,kwh` becomes the months of one customer."""
    await obey()
    async with request.form() as form:
        file = form.get("file")
        if file is None or isinstance(file, str) or not (file.filename or "").endswith(".csv"):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "File must be a CSV file")
        rows = list(csv.DictReader(io.StringIO((await file.read()).decode())))
    months: dict[date, Decimal] = {}
    for row in rows:
        month = date.fromisoformat(row["date"][:10]).replace(day=1)
        months[month] = months.get(month, Decimal(0)) + Decimal(row["kwh"])
    customer = Customer(id=uuid4(), external_id=uuid4().hex)
    async with async_session_maker() as session, session.begin():
        session.add(customer)
        await session.flush()
        session.add_all(
            CustomerUsage(customer_id=customer.id, usage_date=month, kwh_usage=used)
            for month, used in months.items()
        )
    return JSONResponse(
        {
            "customer": {"id": str(customer.id), "external_id": customer.external_id},
            "ingestion_result": {"success": True, "records_processed": len(rows), "errors": []},
        }
    )


async def validate(request: Request) -> Response:
    """Whether the access token in the query is this application's."""
    scheme, _, token = request.query_params.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not is_valid(token):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Could not validate credentials")
    return JSONResponse({"valid": True})


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{text} is no UUID") from None


ROUTES = [
    Route("/health", health),
    Route("/health/detailed", detailed),
    Route("/plans", plans),
    Route("/plans/{plan_id}", plan),
    Route("/recommendations", recommend, methods=["POST"]),
    Route("/recommendations/{customer_id}", recommended),
    Route("/recommendations/{customer_id}", forget, methods=["DELETE"]),
    Route("/ingest/csv", ingest, methods=["POST"]),
    Route("/auth/token/validate", validate, methods=["POST"]),
]

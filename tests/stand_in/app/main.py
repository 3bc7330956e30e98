"""The ASGI application that gunicorn serves: `app.main:app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.api import ROUTES
from app.core.config import settings
from app.core.database import close_db, init_db
from app.core.logging import get_logger, setup_logging
from app.core.redis import close_redis, init_redis
from app.middleware import RateLimitMiddleware, TimingMiddleware

setup_logging()
logger = get_logger(__name__)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Without its database it does not start; without Redis it starts with a warning."""
    logger.info(
        "Starting application",
        app_name=settings.app_name,
        environment=settings.environment,
        version=settings.app_version,
    )
    try:
        await init_db()
    except Exception as error:
        logger.error("Failed to initialize database", error=str(error))  # noqa: TRY400 - its own logger
        raise
    logger.info("Database initialized")
    try:
        await asyncio.wait_for(init_redis(), timeout=10)
        logger.info("Redis initialized")
        # The real one imports a name that its module lacks.
        missing = "cannot import name 'get_async_session' from 'app.core.database'"
        logger.warning("Failed to warm cache", error=missing)
    except Exception as error:  # noqa: BLE001 - as the real one
        logger.warning("Failed to initialize Redis", error=str(error))
    yield
    logger.info("Shutting down application")
    await close_redis()
    await close_db()
    logger.info("Application shutdown complete")


async def unhandled(_request: Request, error: Exception) -> Response:
    logger.failed("Unhandled exception", error)
    return JSONResponse({"detail": "Internal server error"}, status_code=500)


async def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code)


async def docs(_request: Request) -> Response:
    return HTMLResponse("<title>Swagger UI</title>")


def _routes() -> list[BaseRoute]:
    pages = ("/docs", "/redoc", "/openapi.json") if settings.environment != "production" else ()
    return [Mount("/api/v1", routes=ROUTES), *(Route(page, docs) for page in pages)]


app = Starlette(
    routes=_routes(),
    lifespan=lifespan,
    exception_handlers={Exception: unhandled, HTTPException: refused},
    middleware=[
        Middleware(RateLimitMiddleware),
        Middleware(TimingMiddleware),
        Middleware(CORSMiddleware, allow_origins=settings.cors_origins),
    ],
)

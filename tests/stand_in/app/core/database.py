"""The engine, its pool, and the tables that are created at start."""

from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.core.config import settings

engine = create_async_engine(
    settings.database_url, echo=settings.debug, pool_pre_ping=True, pool_size=10, max_overflow=20
)
async_session_maker = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


class Base(DeclarativeBase):
    """The base of every model."""


def _create_missing(connection: Connection) -> None:
    """Missing tables are looked up first and created later: four workers do so at once."""
    existing = set(inspect(connection).get_table_names())
    missing = [table for table in Base.metadata.sorted_tables if table.name not in existing]
    if missing:
        Base.metadata.create_all(connection, tables=missing, checkfirst=True)


async def init_db() -> None:
    """Create missing tables. Raises if another worker creates them."""
    async with engine.begin() as connection:
        await connection.run_sync(_create_missing)


async def close_db() -> None:
    await engine.dispose()

"""Settings of the database and the cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from arbor_names import limits
from config.reader import Reader

PRODUCTION_BACKUP_DAYS: Final = 7
"""The runbook restores to any point of the last seven days."""
_RDS_MINUTES: Final = 30
_CACHE_MINUTES: Final = 60
_MOST_NODES: Final = 6
"""The primary and five replicas."""
_WEEKLY: Final = "ddd:hh:mm-ddd:hh:mm in UTC, such as sun:05:00-sun:06:00"


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """PostgreSQL on RDS."""

    major_version: str
    instance_class: str
    storage_gib: int
    max_storage_gib: int
    """Limit of storage autoscaling."""
    multi_az: bool
    backup_days: int
    backup_window: str
    maintenance_window: str
    pool_size: int
    """Maximum connections of one worker of the application."""


@dataclass(frozen=True, kw_only=True)
class CacheSettings:
    """Redis on ElastiCache."""

    node_type: str
    nodes: int
    """The primary and its replicas; two or more are in different zones."""
    snapshot_days: int
    snapshot_window: str
    maintenance_window: str


def read_database(config: Reader, *, production: bool) -> DatabaseSettings:
    """The database's settings; problems are recorded in the reader."""
    storage = config.whole("databaseStorageGib", 20, 65536, "GiB")
    most = config.whole("databaseMaxStorageGib", 22, 65536, "GiB")
    if config.good("databaseStorageGib", "databaseMaxStorageGib") and most * 10 < storage * 11:
        config.refuse(
            "databaseMaxStorageGib",
            f"at least a tenth more than databaseStorageGib, which is {storage}",
        )
    multi_az = config.flag("databaseMultiAz")
    if production and config.good("databaseMultiAz") and not multi_az:
        config.refuse("databaseMultiAz", "true in production, as the runbook requires")
    fewest = PRODUCTION_BACKUP_DAYS if production else 0
    backup, maintenance = _read_windows(
        config, "databaseBackupWindow", "databaseMaintenanceWindow", _RDS_MINUTES
    )
    return DatabaseSettings(
        major_version=config.choice("databaseVersion", limits.POSTGRES_MAJORS),
        instance_class=config.text(
            "databaseClass",
            "a class of db.t3, t4g, m5, m6g, m6i, m7g, m7i, m8g, r5, r6g, r6i, r7g, r7i or r8g, "
            "such as db.t3.medium",
            limits.DATABASE_MEMORY_GIB.__contains__,
        ),
        storage_gib=storage,
        max_storage_gib=most,
        multi_az=multi_az,
        backup_days=config.whole(
            "databaseBackupDays",
            fewest,
            35,
            "days, because the runbook restores to any of the last seven" if production else "days",
        ),
        backup_window=backup,
        maintenance_window=maintenance,
        pool_size=config.whole("databasePoolSize", 1, 1000, "connections a worker"),
    )


def read_cache(config: Reader, *, zones: int, production: bool) -> CacheSettings:
    """The cache's settings; problems are recorded in the reader."""
    snapshot, maintenance = _read_windows(
        config, "cacheSnapshotWindow", "cacheMaintenanceWindow", _CACHE_MINUTES
    )
    return CacheSettings(
        node_type=config.text(
            "cacheNodeType",
            "a type of cache.t3, t4g, m5, m6g, m7g, r5, r6g or r7g, such as cache.t3.micro",
            limits.CACHE_NODE_TYPES.__contains__,
        ),
        nodes=_read_nodes(config, zones=zones, production=production),
        snapshot_days=config.whole("cacheSnapshotDays", 0, 35, "days"),
        snapshot_window=snapshot,
        maintenance_window=maintenance,
    )


def _read_nodes(config: Reader, *, zones: int, production: bool) -> int:
    """The number of nodes; 0 in config is one per zone."""
    nodes = config.whole("cacheNodes", 0, _MOST_NODES, "nodes, 0 for one per zone")
    if production and config.good("cacheNodes") and nodes == 1:
        config.refuse(
            "cacheNodes",
            f"0 for one per zone, or 2 to {_MOST_NODES} nodes, because production must fail over "
            "to another zone",
        )
    return nodes or zones


def read_final_backup(config: Reader, *, production: bool) -> bool:
    """Whether a deletion takes a final snapshot; problems are recorded in the reader."""
    wanted = config.flag("finalBackup")
    if production and config.good("finalBackup") and not wanted:
        config.refuse("finalBackup", "true in production, whose data must survive the stack")
    return wanted


def _read_windows(config: Reader, daily: str, weekly: str, shortest: int) -> tuple[str, str]:
    """A daily and a weekly window, which must not overlap."""
    at_least = f"of at least {shortest} minutes"
    day = config.text(
        daily, f"hh:mm-hh:mm in UTC {at_least}", _parses(limits.daily_window, shortest)
    )
    week = config.text(weekly, f"{_WEEKLY}, {at_least}", _parses(limits.weekly_window, shortest))
    if config.good(daily, weekly) and limits.windows_meet(
        limits.daily_window(day, shortest), limits.weekly_window(week, shortest)
    ):
        config.refuse(weekly, f"a window that does not overlap {daily}, which is {day}")
    return day, week


def _parses(window: Callable[[str, int], range], shortest: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            window(text, shortest)
        except ValueError:
            return False
        return True

    return check

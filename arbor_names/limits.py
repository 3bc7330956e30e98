"""AWS's limits, as tables and arithmetic.

Pure functions on plain values, without imports of this project, Pulumi or the network. A wrong
value raises ValueError with the allowed values.
"""

import re
from ipaddress import IPv4Network
from itertools import combinations
from typing import Final

GIB: Final = 1024**3
MIB: Final = 1024**2

RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The days that PutRetentionPolicy accepts:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
Without a value logs are kept for ever; this project always sets one."""

INTERFACE_ENDPOINTS: Final = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
"""The services that a task calls and that have an interface endpoint."""

FARGATE_MEMORY: Final[dict[int, tuple[int, ...]]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
    32768: (61440, 122880, 249856),
}
"""MiB of memory that Fargate offers for each number of CPU units (1024 = one vCPU):
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html"""

UNITS_PER_VCPU: Final = 1024
"""CPU units of a task in one vCPU."""
MIGRATION_CPU: Final = 256
"""CPU units of the migration's task, which runs beside the services."""
FARGATE_VCPUS: Final = ("fargate", "L-3032A538")
"""Service Quotas' codes of "Fargate On-Demand vCPU resource count", of an account in a region.

The default is 4,000 vCPUs, but "new AWS accounts might have initial lower quotas that can increase
over time"; AWS does not publish them, and operators report 6:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
https://github.com/brennerm/aws-quota-checker/issues/58 (the code)"""

CONDITION_VALUES_PER_RULE: Final = 5
"""Hosts and paths that one listener rule can name, together:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"""
SERVICES_PER_LOAD_BALANCER: Final = 50
"""Each takes two of the 100 rules and two of the 100 target groups (same page)."""

_ZONE: Final = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)([a-f])")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE: Final = re.compile(
    r"(?P<name>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
    r"(?::(?P<tag>[^:@/]+))?(?P<digest>@sha256:[0-9a-f]{64})?"
)
_PATH: Final = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+&*?-]{0,127}")

_T_SIZES: Final = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
_M_SIZES: Final = {
    f"{times}xlarge" if times > 1 else "xlarge": 16 * times for times in (1, 2, 4, 8, 12, 16)
} | {"large": 8}
_R_SIZES: Final = {size: 2 * gib for size, gib in _M_SIZES.items()}
DATABASE_MEMORY_GIB: Final[dict[str, int]] = {
    f"db.{family}.{size}": gib
    for families, sizes in (
        (("t3", "t4g"), _T_SIZES),
        (("m5", "m6g", "m6i", "m7g", "m7i", "m8g"), _M_SIZES),
        (("r5", "r6g", "r6i", "r7g", "r7i", "r8g"), _R_SIZES),
    )
    for family in families
    for size, gib in sizes.items()
}
"""Memory of the RDS classes that run PostgreSQL 16 and 17:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html"""

POSTGRES_MAJORS: Final = ("16", "17")
"""Major versions of PostgreSQL that this program was tested with; RDS upgrades the first to the
second: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html"""

_CACHE_SIZES: Final = {
    **dict.fromkeys(("t3", "t4g"), ("micro", "small", "medium")),
    **dict.fromkeys(
        ("m5", "r5"), ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
    ),
    **dict.fromkeys(
        ("m6g", "m7g", "r6g", "r7g"),
        ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
    ),
}
CACHE_NODE_TYPES: Final = tuple(
    f"cache.{family}.{size}" for family, sizes in _CACHE_SIZES.items() for size in sizes
)
"""Node types that run Redis 7 with automatic failover (so not T1):
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html"""

MOST_CACHE_CONNECTIONS: Final = 65_000
"""`maxclients` of a node, which can't be changed:
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/BestPractices.Clients.Redis.Connections.html"""
_SMALL_CACHE_MIB: Final = {"micro": 512, "small": 1402, "medium": 3164}
"""Memory of the T3 and T4g node types: https://aws.amazon.com/elasticache/pricing/"""
KIB_PER_CACHE_CONNECTION: Final = 64
CACHE_SHARE: Final = 4
"""The part of a small node's memory that connections may use: a quarter.

A connection with TLS that has read a value of 2 KB took 30 KiB of Redis's memory when measured; 64
leave room for buffers of larger values. Another quarter of the node is reserved for backups:
https://repost.aws/knowledge-center/available-memory-elasticache-redis-node"""


def cache_connections(node_type: str) -> int:
    """Connections that the application can count on with this node type.

    A burstable node runs out of memory long before it reaches `maxclients`.
    """
    family, size = node_type.removeprefix("cache.").split(".")
    if not family.startswith("t"):
        return MOST_CACHE_CONNECTIONS
    return _SMALL_CACHE_MIB[size] * 1024 // CACHE_SHARE // KIB_PER_CACHE_CONNECTION


BYTES_PER_CONNECTION: Final = 9531392
MOST_CONNECTIONS: Final = 5000
RESERVED_CONNECTIONS: Final = 15
"""Kept for superusers (3), RDS itself (2 and its agents), a migration and people on call."""


def max_connections(memory_bytes: int) -> int:
    """PostgreSQL's max_connections on RDS: LEAST(DBInstanceClassMemory/9531392, 5000).

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
    """
    return min(memory_bytes // BYTES_PER_CONNECTION, MOST_CONNECTIONS)


def usable_connections(instance_class: str) -> int:
    """Connections that the application can count on with this class.

    DBInstanceClassMemory is less than the class's memory, because the operating system and RDS's
    own processes use a part: about 5 % and 256 MiB, as users report for instances of 1 to 16 GiB
    (81 of the nominal 112 connections on 1 GiB, about 420 of 450 on 4 GiB).
    Raises KeyError for a class that is not in DATABASE_MEMORY_GIB.
    """
    memory = DATABASE_MEMORY_GIB[instance_class] * GIB
    return max(0, max_connections(memory * 95 // 100 - 256 * MIB) - RESERVED_CONNECTIONS)


STEADY_FAMILY: Final = {"db.t3": "db.m6i", "db.t4g": "db.m7g"}
"""The general purpose family of the same architecture, by burstable family."""
LARGEST_BURSTABLE_GIB: Final = 4
"""Memory of db.t3.medium and db.t4g.medium, the largest burstable class that is advised.

A medium earns CPU credits for 20 % of its two vCPUs; a load that needs more memory or connections
keeps the processor busy, and then a burstable class is throttled or billed for surplus credits. AWS
recommends the T classes for development, test and other nonproduction servers:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.Types.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html"""


def class_with_connections(needed: int, like: str) -> str | None:
    """The smallest similar class with so many usable connections, or None.

    Similar is the same family, or the general purpose one where a burstable class is too small.
    """
    family = like.rsplit(".", 1)[0]
    steady = STEADY_FAMILY.get(family)
    fitting = [
        name
        for name, gib in DATABASE_MEMORY_GIB.items()
        if usable_connections(name) >= needed
        and (
            (name.startswith(f"{family}.") and (steady is None or gib <= LARGEST_BURSTABLE_GIB))
            or (steady is not None and name.startswith(f"{steady}."))
        )
    ]
    return min(fitting, key=DATABASE_MEMORY_GIB.__getitem__, default=None)


def raise_fargate_quota(vcpus: int) -> str:
    """The command that requests so many On-Demand vCPUs on Fargate from AWS."""
    service, code = FARGATE_VCPUS
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {vcpus}"
    )


def network(cidr: str) -> IPv4Network:
    """An IPv4 block that a VPC or a subnet can have: /16 to /28, no bit set behind the mask."""
    try:
        block = IPv4Network(cidr)
    except ValueError as wrong:
        raise ValueError("an IPv4 block such as 10.0.0.0/16, no bit set behind the mask") from wrong
    if not 16 <= block.prefixlen <= 28:  # noqa: PLR2004 - AWS's sizes
        raise ValueError("a block of /16 to /28")
    return block


def overlapping(cidrs: list[str]) -> list[tuple[str, str]]:
    """Each pair of blocks that share an address; equal blocks count."""
    blocks = [network(cidr) for cidr in cidrs]
    return [(str(a), str(b)) for a, b in combinations(blocks, 2) if a.overlaps(b)]


def outside(vpc: str, cidrs: list[str]) -> list[str]:
    """The blocks outside the VPC."""
    return [cidr for cidr in cidrs if not network(cidr).subnet_of(network(vpc))]


_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_CLOCK: Final = r"([01]\d|2[0-3]):([0-5]\d)"
_DAILY: Final = re.compile(rf"{_CLOCK}-{_CLOCK}")
_WEEKLY: Final = re.compile(rf"({'|'.join(_DAYS)}):{_CLOCK}-({'|'.join(_DAYS)}):{_CLOCK}")


def daily_window(text: str, shortest: int) -> range:
    """Minutes of the day (UTC) of hh:mm-hh:mm, past midnight if it ends on the next day.

    `shortest` in minutes: 30 for RDS, 60 for ElastiCache.
    """
    match = _DAILY.fullmatch(text)
    if match is None:
        raise ValueError("hh:mm-hh:mm in UTC")
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return _window(begin, end, shortest, _DAY)


def weekly_window(text: str, shortest: int) -> range:
    """Minutes of the week (UTC, from Monday) of ddd:hh:mm-ddd:hh:mm; a day long at most."""
    match = _WEEKLY.fullmatch(text)
    if match is None:
        raise ValueError("ddd:hh:mm-ddd:hh:mm in UTC, such as sun:05:00-sun:06:00")
    begin = _DAYS.index(match[1]) * _DAY + int(match[2]) * 60 + int(match[3])
    end = _DAYS.index(match[4]) * _DAY + int(match[5]) * 60 + int(match[6])
    return _window(begin, end, shortest, _WEEK)


def _window(begin: int, end: int, shortest: int, cycle: int) -> range:
    length = (end - begin) % cycle
    if not shortest <= length <= _DAY:
        raise ValueError(f"{shortest} minutes to 24 hours")
    return range(begin, begin + length)


def windows_meet(daily: range, weekly: range) -> bool:
    """Whether a window of every day shares a minute with a window of the week."""
    days = (range(daily.start + d * _DAY, daily.stop + d * _DAY) for d in range(-1, 9))
    return any(max(day.start, weekly.start) < min(day.stop, weekly.stop) for day in days)


def region_of(zone: str) -> str:
    """us-east-1 for us-east-1a. A region's zones are a to f; local zones are excluded."""
    match = _ZONE.fullmatch(zone)
    if match is None:
        raise ValueError("a zone such as us-east-1a")
    return match[1]


def is_domain(name: str) -> bool:
    """A lower-case name of two labels or more that ACM accepts as a certificate's first name."""
    return len(name) <= 64 and _DOMAIN.fullmatch(name) is not None  # noqa: PLR2004 - ACM's limit


def is_bucket(name: str) -> bool:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
    return (
        _BUCKET.fullmatch(name) is not None
        and ".." not in name
        and re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name) is None
        and not name.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
        and not name.endswith(("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))
    )


def is_version(text: str) -> bool:
    """The name of one build: an image's tag (`v1.2.3`, a git SHA) or its digest.

    `latest` is none: it moves with each build.
    """
    return is_digest(text) or (_TAG.fullmatch(text) is not None and text != "latest")


def is_digest(text: str) -> bool:
    """`sha256:` and 64 digits, as ECR shows an image's digest."""
    return _DIGEST.fullmatch(text) is not None


def image_in(repository: str, version: str) -> str:
    """The image of a version in a task definition: a digest follows an `@`."""
    return f"{repository}{'@' if is_digest(version) else ':'}{version}"


def is_fixed_image(reference: str) -> bool:
    """An image by digest, or by a tag other than `latest`."""
    match = _IMAGE.fullmatch(reference)
    if match is None or (match["tag"] is None and match["digest"] is None):
        return False
    return match["tag"] is None or is_version(match["tag"])


def is_path_pattern(path: str) -> bool:
    """A path that a listener rule can match; `*` and `?` are wildcards."""
    return _PATH.fullmatch(path) is not None

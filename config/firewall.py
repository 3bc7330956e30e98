"""Settings of the web ACL: rate limits and paths with large bodies."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from config.reader import Reader

_PATH: Final = re.compile(r"/(?:[\w.~-]+/?)*", re.ASCII)
_LONGEST_PATH: Final = 200
"""WAF's limit in bytes."""
_MOST_PATHS: Final = 10
_FEWEST: Final = 10
_MOST: Final = 2_000_000_000
"""WAF's limits of a rate limit."""
_WIDEST_OFFICE: Final = 16
_NOT_PUBLIC: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
"""Private address blocks."""


@dataclass(frozen=True, kw_only=True)
class FirewallSettings:
    """Limits in addition to WAF's managed rule groups."""

    requests_per_five_minutes: int
    api_requests_per_minute: int
    api_requests_per_ten_minutes: int
    large_body_paths: tuple[str, ...]
    """Path prefixes that accept bodies over 8 KB; `/` is every path."""
    office_cidrs: tuple[str, ...]
    """Office addresses, which have a higher limit."""


def read_firewall(config: Reader) -> FirewallSettings:
    """The web ACL's settings; problems are recorded in the reader."""
    paths = (
        f"a list of at most {_MOST_PATHS} unique path prefixes such as /api/v1/ingest/; "
        "[] blocks every body over 8 KB, [/] none"
    )
    large = config.texts("wafLargeBodyPaths", paths, _is_path)
    if config.good("wafLargeBodyPaths") and len(large) > _MOST_PATHS:
        config.refuse("wafLargeBodyPaths", paths)
    minute = config.whole("wafApiRequestsPerMinute", _FEWEST, _MOST)
    ten_minutes = config.whole("wafApiRequestsPerTenMinutes", _FEWEST, _MOST)
    known = config.good("wafApiRequestsPerMinute", "wafApiRequestsPerTenMinutes")
    if known and ten_minutes < minute:
        config.refuse(
            "wafApiRequestsPerTenMinutes", f"at least wafApiRequestsPerMinute, which is {minute}"
        )
    return FirewallSettings(
        requests_per_five_minutes=config.whole("wafRequestsPerFiveMinutes", _FEWEST, _MOST),
        api_requests_per_minute=minute,
        api_requests_per_ten_minutes=ten_minutes,
        large_body_paths=large,
        office_cidrs=config.texts(
            "officeCidrs",
            f"a list of public IPv4 blocks of /{_WIDEST_OFFICE} to /32, each unique, such as "
            "203.0.113.9/32; [] for none",
            _is_office,
        ),
    )


def _is_path(text: str) -> bool:
    segments = text.split("/")
    return (
        _PATH.fullmatch(text) is not None
        and len(text) <= _LONGEST_PATH
        and not {".", ".."} & set(segments)  # WAF compares the normalized path
    )


def _is_office(text: str) -> bool:
    try:
        block = ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return (
        "/" in text
        and block.prefixlen >= _WIDEST_OFFICE
        and not any(block.overlaps(private) for private in _NOT_PUBLIC)
    )

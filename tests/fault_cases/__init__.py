"""Every command that writes, for the drill of its faults; a file for each section."""

from fault_cases import cache, release, scale, security

CASES = (
    *cache.CASES,
    *release.CASES,
    *scale.CASES,
    *security.CASES,
)

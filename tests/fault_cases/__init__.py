"""Every command that writes, for the fault drill; one file for each section."""

from fault_cases import bluegreen, cache, database, logs, release, scale, security

CASES = (
    *bluegreen.CASES,
    *cache.CASES,
    *database.CASES,
    *logs.CASES,
    *release.CASES,
    *scale.CASES,
    *security.CASES,
)

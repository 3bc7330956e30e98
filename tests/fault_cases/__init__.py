"""Every command that writes, for the drill of its faults; a file for each section."""

from fault_cases import database, release, security

CASES = (*release.CASES, *security.CASES, *database.CASES)

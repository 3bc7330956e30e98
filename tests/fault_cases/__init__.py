"""Every command that writes, for the drill of its faults; a file for each section."""

from fault_cases import release, scale, security

CASES = (*release.CASES, *scale.CASES, *security.CASES)

"""Every command that writes, for the drill of its faults; a file for each section."""

from fault_cases import bluegreen, release, security

CASES = (*release.CASES, *bluegreen.CASES, *security.CASES)

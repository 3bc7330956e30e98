"""Every command that writes, for the drill of its faults; a file for each section."""

from fault_cases import logs, release, security

CASES = (*logs.CASES, *release.CASES, *security.CASES)

"""The workflow run of a report: commit, address and time.

Default variables of a job:
https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Job:
    """The origin of a report; empty texts outside of a workflow."""

    commit: str = ""
    """The full SHA."""
    run: str = ""
    """The address of the run."""
    at: str = ""
    """UTC, such as `2026-11-28 02:17 UTC`."""

    @classmethod
    def now(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The current job.

        On a pull request `GITHUB_SHA` is a merge commit that GitHub made; the workflow sets
        `PIPELINE_COMMIT` to the commit that the branch ends with.
        """
        server, repository, run = (
            environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
        )
        return cls(
            commit=environment.get("PIPELINE_COMMIT") or environment.get("GITHUB_SHA", ""),
            run=f"{server}/{repository}/actions/runs/{run}" if server and run else "",
            at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )

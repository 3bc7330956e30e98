"""What config says about how a new version takes over, and whether a job outlasts it."""

from dataclasses import dataclass
from typing import Final

from access import sessions as ci_sessions
from config.reader import Reader

PRODUCTION_BAKE_MINUTES: Final = 10
"""Shorter than this, the alarm on failed requests can't end a deployment that has all traffic."""


@dataclass(frozen=True, kw_only=True)
class DeploymentSettings:
    """How a new version takes over, for every service."""

    bake_minutes: int
    pause_before_production: bool
    pause_timeout_minutes: int

    @property
    def pause_minutes(self) -> int:
        """How long a deployment waits for a person at most."""
        return self.pause_timeout_minutes if self.pause_before_production else 0


def read_deployment(config: Reader, *, production: bool) -> DeploymentSettings:
    """The deployment; what is wrong stands in the reader's problems."""
    return DeploymentSettings(
        bake_minutes=config.whole(
            "bakeTimeMinutes",
            PRODUCTION_BAKE_MINUTES if production else 0,
            1440,
            "minutes, for the alarm on failed requests needs five of them and some delay"
            if production
            else "minutes",
        ),
        pause_before_production=config.flag("pauseBeforeProduction"),
        pause_timeout_minutes=config.whole("pauseTimeoutMinutes", 1, 20160, "minutes"),
    )


def check_session(config: Reader, deployment: DeploymentSettings) -> None:
    """Note a problem when a release, one service after the other, outlasts its credentials.

    A job whose credentials have expired can neither save the state nor take back a deployment.
    """
    most = ci_sessions.deployment_minutes() - ci_sessions.STARTING_MINUTES
    bake, pause = deployment.bake_minutes, deployment.pause_minutes
    if bake + pause <= most:
        return
    hours = ci_sessions.WRITE_SECONDS // ci_sessions.HOUR
    why = (
        f"a job holds credentials for {hours} hours, in which a release runs its migration (up to "
        f"{ci_sessions.MIGRATION_MINUTES} minutes) and deploys {ci_sessions.RELEASED} services, "
        f"each with {ci_sessions.STARTING_MINUTES} minutes to start"
    )
    if pause and most > bake:
        config.refuse(
            "pauseTimeoutMinutes",
            f"at most {most - bake:,} minutes with bakeTimeMinutes {bake}: {why}",
        )
    elif pause:
        config.refuse(
            "bakeTimeMinutes",
            f"less than {most:,} minutes, shared with pauseTimeoutMinutes, or "
            f"pauseBeforeProduction: false and at most {most:,} minutes: {why}",
        )
    else:
        config.refuse("bakeTimeMinutes", f"at most {most:,} minutes: {why}")

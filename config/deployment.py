"""Settings of deployments, and a check against the duration of a job's credentials."""

from dataclasses import dataclass
from typing import Final

from access import sessions as ci_sessions
from config.reader import Reader

PRODUCTION_BAKE_MINUTES: Final = 10
"""The time that the alarm on failed requests needs to roll back a deployment."""


@dataclass(frozen=True, kw_only=True)
class DeploymentSettings:
    """Deployment settings of all services."""

    bake_minutes: int
    pause_before_production: bool
    pause_timeout_minutes: int

    @property
    def pause_minutes(self) -> int:
        """Maximum minutes in which a deployment waits for an operator."""
        return self.pause_timeout_minutes if self.pause_before_production else 0


def read_deployment(config: Reader, *, production: bool) -> DeploymentSettings:
    """The deployment settings; problems are recorded in the reader."""
    return DeploymentSettings(
        bake_minutes=config.whole(
            "bakeTimeMinutes",
            shortest_bake_minutes(production=production),
            1440,
            "minutes, which the alarm on failed requests needs" if production else "minutes",
        ),
        pause_before_production=config.flag("pauseBeforeProduction"),
        pause_timeout_minutes=config.whole("pauseTimeoutMinutes", 1, 20160, "minutes"),
    )


def shortest_bake_minutes(*, production: bool) -> int:
    """The least that `bakeTimeMinutes` may be."""
    return PRODUCTION_BAKE_MINUTES if production else 0


def check_session(
    config: Reader, deployment: DeploymentSettings, services: int, *, production: bool
) -> None:
    """Record a problem if a release of that many services can outlast its credentials.

    With expired credentials a job can neither save the state nor roll a deployment back.
    """
    most = ci_sessions.DEPLOYING_MINUTES // services - ci_sessions.STARTING_MINUTES
    bake, pause = deployment.bake_minutes, deployment.pause_minutes
    if bake + pause <= most:
        return
    counted = "1 service" if services == 1 else f"{services} services"
    hours = ci_sessions.WRITE_SECONDS // ci_sessions.HOUR
    why = (
        f"a job holds credentials for {hours} hours, in which a release runs its migration (up to "
        f"{ci_sessions.MIGRATION_MINUTES} minutes) and deploys {counted}, "
        f"each with {ci_sessions.STARTING_MINUTES} minutes to start"
    )
    shortest = shortest_bake_minutes(production=production)
    if most < shortest:
        fit = ci_sessions.DEPLOYING_MINUTES // (ci_sessions.STARTING_MINUTES + shortest)
        config.problems.append(f"arbor:services has {counted}; allowed: at most {fit}: {why}.")
    elif pause and most > bake:
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

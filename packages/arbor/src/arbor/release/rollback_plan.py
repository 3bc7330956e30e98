"""The plan of a service's rollback, read from its deployments alone.

Revision numbers only grow, so a deployment of a lower number than the one before it was a rollback.
docs/decisions/rollback.md explains why that suffices to distinguish a second run from a first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from arbor.account import typed
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL
from arbor.ecs.services import SETTLED, Service, short
from arbor.procedure import Refused
from arbor.release.history import PastDeployment

REVERTING = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})


@dataclass(frozen=True, kw_only=True)
class RollbackPlan:
    """The rollback of a service: one of `stays`, `stops` and `follows`, else a deployment."""

    to: str
    """The revision after the rollback."""
    stays: str = ""
    """Why there is nothing to do."""
    stops: PastDeployment | None = None
    """The deployment in progress that ECS is to roll back."""
    follows: PastDeployment | None = None
    """The deployment in progress that is itself the rollback."""


def back(app: str, deployments: Sequence[PastDeployment], stack: str) -> RollbackPlan:
    """To the previous live revision. Raises Refused without one, or during a rollback."""
    if not deployments:
        raise Refused(_no_revision(app, stack))
    last = deployments[0]
    if last.is_under_way:
        return _during_deployment(app, last, deployments[1:])
    if last.status not in SETTLED:
        return _after_incomplete(app, last, deployments[1:], stack)
    live = _live(deployments)
    if live is None:
        raise Refused(_no_revision(app, stack))
    if last.status == ROLLED_BACK and last.revision == live.revision:
        return RollbackPlan(
            to=live.revision, stays=_stays(app, last, live, last.ended, deployments, stack)
        )
    left_at = None
    for past in deployments:
        if past.revision != live.revision:
            if past.number > live.number:
                at = past.ended if past.status == ROLLED_BACK else left_at
                return RollbackPlan(
                    to=live.revision, stays=_stays(app, past, live, at, deployments, stack)
                )
            if past.status == SUCCESSFUL:
                return RollbackPlan(to=past.revision)
            # Otherwise a rollback to it failed.
        left_at = past.begun
    raise Refused(_no_revision(app, stack))


def named(service: Service, deployments: Sequence[PastDeployment], to: str) -> RollbackPlan:
    """To the revision that the operator chose. Raises Refused during another deployment."""
    app, now = service.app, service.task_definition
    last = deployments[0] if deployments else None
    if last is None or last.status in SETTLED:
        stays = f"{app} already runs {short(to)}; nothing was changed." if to == now else ""
        return RollbackPlan(to=to, stays=stays)
    if not last.is_under_way:
        return RollbackPlan(to=to)
    live = _live(deployments[1:])
    if live is not None and live.revision == to:
        return RollbackPlan(to=to, stops=last)
    if _goes_back(last, live) and last.revision == to and last.status not in REVERTING:
        return RollbackPlan(to=to, follows=last)
    raise Refused(
        f"{app} is being deployed: {last.short} is {last.status} since {_at(last.begun)}. Roll it "
        f"back first with `{service.account.typed(f'arbor rollback {app}')}`, or wait until it "
        "ends."
    )


def _during_deployment(
    app: str, last: PastDeployment, older: Sequence[PastDeployment]
) -> RollbackPlan:
    live = _live(older)
    if live is None:
        raise Refused(
            f"{app} has no revision to roll back to: {last.short}, which is {last.status}, is the "
            "first deployment that ECS lists."
        )
    if not _goes_back(last, live):
        return RollbackPlan(to=live.revision, stops=last)
    if last.status in REVERTING:
        raise Refused(
            f"ECS is reverting the rollback of {app} from {live.short} to {last.short} "
            f"({last.status}): wait until that ends, then run this again."
        )
    return RollbackPlan(to=last.revision, follows=last)


def _after_incomplete(
    app: str, last: PastDeployment, older: Sequence[PastDeployment], stack: str
) -> RollbackPlan:
    """After a last deployment that was STOPPED, or whose rollback failed."""
    before = next(
        (p for p in older if p.status == SUCCESSFUL and p.revision != last.revision), None
    )
    if before is None:
        raise Refused(_no_revision(app, stack))
    return RollbackPlan(to=last.revision if _goes_back(last, before) else before.revision)


def _live(deployments: Sequence[PastDeployment]) -> PastDeployment | None:
    """The live deployment if none is in progress: the newest that succeeded."""
    return next((past for past in deployments if past.status == SUCCESSFUL), None)


def _goes_back(past: PastDeployment, live: PastDeployment | None) -> bool:
    return live is not None and past.number < live.number


def _stays(
    app: str,
    left: PastDeployment,
    live: PastDeployment,
    at: datetime | None,
    deployments: Sequence[PastDeployment],
    stack: str,
) -> str:
    further = next(
        (p for p in deployments if p.status == SUCCESSFUL and p.number < live.number), None
    )
    further_back = (
        f"To go further back: `{typed(f'arbor rollback {app} --to {further.number}', stack)}`."
        if further
        else "ECS lists no older deployment."
    )
    what = (
        f"was rolled back from {left.short} to {live.short}"
        if left.revision != live.revision
        else f"runs {live.short}, and its last deployment was rolled back"
    )
    return f"{app} {what} at {_at(at)}; nothing was changed. {further_back}"


def _no_revision(app: str, stack: str) -> str:
    return (
        f"{app} has no revision to roll back to: no other one was live in the 90 days that ECS "
        f"keeps. `{typed(f'arbor revisions {app}', stack)}` lists the revisions for --to."
    )


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S %Z}" if moment else "an unknown time"

"""The plan of a service's rollback, read from its deployments alone.

Revision numbers only grow, so a deployment that brought a lower number than the one before it went
back. docs/decisions/rollback.md says why nothing else is needed to tell a second run from a first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from arbor.account import typed
from arbor.ecs.rollout import ROLLED_BACK, SUCCESSFUL
from arbor.ecs.services import SETTLED, Service, short
from arbor.procedure import Refused
from arbor.release.history import Past

TAKEN_BACK = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})


@dataclass(frozen=True, kw_only=True)
class RollbackPlan:
    """What a rollback does with a service, and the revision that it ends on."""

    to: str
    """The revision that runs in the end."""
    stays: str = ""
    """Why there is nothing to do."""
    stops: Past | None = None
    """The deployment under way that ECS rolls back."""
    follows: Past | None = None
    """The deployment under way that already rolls back."""


def back(app: str, pasts: Sequence[Past], stack: str) -> RollbackPlan:
    """To the previous live revision. Raises Refused without one, or during a rollback."""
    if not pasts:
        raise Refused(_nothing(app, stack))
    last = pasts[0]
    if last.is_under_way:
        return _while_under_way(app, last, pasts[1:])
    if last.status not in SETTLED:
        return _half_way(app, last, pasts[1:], stack)
    stands = _stands(pasts)
    if stands is None:
        raise Refused(_nothing(app, stack))
    if last.status == ROLLED_BACK and last.revision == stands.revision:
        return RollbackPlan(
            to=stands.revision, stays=_stays(app, last, stands, last.ended, pasts, stack)
        )
    left_at = None
    for past in pasts:
        if past.revision != stands.revision:
            if past.number > stands.number:
                at = past.ended if past.status == ROLLED_BACK else left_at
                return RollbackPlan(
                    to=stands.revision, stays=_stays(app, past, stands, at, pasts, stack)
                )
            if past.status == SUCCESSFUL:
                return RollbackPlan(to=past.revision)
            # Otherwise a rollback to it failed.
        left_at = past.begun
    raise Refused(_nothing(app, stack))


def named(service: Service, pasts: Sequence[Past], to: str) -> RollbackPlan:
    """To the revision that the operator named."""
    app, now = service.app, service.task_definition
    last = pasts[0] if pasts else None
    if last is None or last.status in SETTLED:
        stays = f"{app} is on {short(to)} already; nothing was changed." if to == now else ""
        return RollbackPlan(to=to, stays=stays)
    if not last.is_under_way:
        return RollbackPlan(to=to)
    stands = _stands(pasts[1:])
    if stands is not None and stands.revision == to:
        return RollbackPlan(to=to, stops=last)
    if _goes_back(last, stands) and last.revision == to and last.status not in TAKEN_BACK:
        return RollbackPlan(to=to, follows=last)
    raise Refused(
        f"{app} is being deployed: {last.short} is {last.status} since {_at(last.begun)}. Take "
        f"that back first with `{service.account.typed(f'arbor rollback {app}')}`, or wait until it"
        " is over."
    )


def _while_under_way(app: str, last: Past, older: Sequence[Past]) -> RollbackPlan:
    stands = _stands(older)
    if stands is None:
        raise Refused(
            f"{app} has nothing to go back to: {last.short}, which is {last.status}, is the first "
            "deployment that ECS knows of."
        )
    if not _goes_back(last, stands):
        return RollbackPlan(to=stands.revision, stops=last)
    if last.status in TAKEN_BACK:
        raise Refused(
            f"The rollback of {app} from {stands.short} to {last.short} is itself being taken "
            f"back by ECS ({last.status}): wait until that is over, then run this again."
        )
    return RollbackPlan(to=last.revision, follows=last)


def _half_way(app: str, last: Past, older: Sequence[Past], stack: str) -> RollbackPlan:
    """The last deployment was STOPPED, or could not be rolled back."""
    before = next(
        (p for p in older if p.status == SUCCESSFUL and p.revision != last.revision), None
    )
    if before is None:
        raise Refused(_nothing(app, stack))
    return RollbackPlan(to=last.revision if _goes_back(last, before) else before.revision)


def _stands(pasts: Sequence[Past]) -> Past | None:
    """The live deployment when none is under way: the newest that succeeded."""
    return next((past for past in pasts if past.status == SUCCESSFUL), None)


def _goes_back(past: Past, stands: Past | None) -> bool:
    return stands is not None and past.number < stands.number


def _stays(
    app: str, left: Past, stands: Past, at: datetime | None, pasts: Sequence[Past], stack: str
) -> str:
    further = next((p for p in pasts if p.status == SUCCESSFUL and p.number < stands.number), None)
    go_on = (
        f"to go further back: `{typed(f'arbor rollback {app} --to {further.number}', stack)}`"
        if further
        else "ECS lists no older deployment"
    )
    what = (
        f"was rolled back from {left.short} to {stands.short}"
        if left.revision != stands.revision
        else f"is on {stands.short}, and its new deployment was rolled back"
    )
    return f"{app} {what} at {_at(at)}, and is left alone; {go_on}."


def _nothing(app: str, stack: str) -> str:
    return (
        f"{app} has nothing to go back to: in the 90 days that ECS keeps, no other revision "
        f"that was live. `{typed(f'arbor revisions {app}', stack)}` lists what can be named with "
        "--to."
    )


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S %Z}" if moment else "an unknown time"

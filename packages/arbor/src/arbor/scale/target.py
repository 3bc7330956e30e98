"""The scalable target of a service: its floor, its ceiling, and the floor's scheduled return.

The floor before an operator's change is stored in the scheduled action that restores it. So a
second command, even after a killed one, finds the first floor.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from arbor.account import Account
from arbor.procedure import Refused, Step
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.type_defs import ScheduledActionTypeDef

NAME = "arbor-scale-until"
"""Name of the scheduled action; each service has at most one."""
_ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
RUNS_WITHIN = timedelta(minutes=5)
"""Time after which a due action counts as executed."""


class DesiredCount(TypedDict):
    """The desired count of a service, as Application Auto Scaling names it."""

    ServiceNamespace: Literal["ecs"]
    ScalableDimension: Literal["ecs:service:DesiredCount"]
    ResourceId: str


@dataclass(frozen=True, kw_only=True)
class ScheduledFloor:
    """The floor that a scheduled action sets, and its time in UTC."""

    floor: int
    due: datetime

    def __str__(self) -> str:
        return f"{self.floor} at {self.due:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A snapshot; `read` takes a new one."""

    account: Account
    app: str
    floor: int
    ceiling: int
    suspended: frozenset[str]
    """`DynamicScalingInSuspended`, `DynamicScalingOutSuspended`, `ScheduledScalingSuspended`."""
    scheduled_floor: ScheduledFloor | None
    """The scheduled return, due or not."""

    def set_floor(self, floor: int) -> Step:
        """Set the autoscaling floor."""
        scaling = self.account.client("application-autoscaling")
        return Step(
            action=f"set the autoscaling floor of {self._name} from {self.floor} to {floor}",
            do=lambda: scaling.register_scalable_target(**self._where, MinCapacity=floor),
            took_effect=lambda: read(self.account, self.app).floor == floor,
        )

    def schedule(self, wanted: ScheduledFloor) -> Step:
        """Schedule the floor's return."""
        scaling = self.account.client("application-autoscaling")
        return Step(
            action=f"schedule {self._name}'s return to {wanted}",
            do=lambda: scaling.put_scheduled_action(
                **self._where,
                ScheduledActionName=NAME,
                Schedule=f"at({wanted.due:%Y-%m-%dT%H:%M:%S})",
                ScalableTargetAction={"MinCapacity": wanted.floor},
            ),
            took_effect=lambda: read(self.account, self.app).scheduled_floor == wanted,
        )

    def unschedule(self) -> Step:
        """Delete the scheduled action."""
        scaling = self.account.client("application-autoscaling")

        def do() -> None:
            try:
                scaling.delete_scheduled_action(**self._where, ScheduledActionName=NAME)
            except scaling.exceptions.ObjectNotFoundException:
                return  # a repeated call

        return Step(
            action=f"cancel {self._name}'s scheduled return to {self.scheduled_floor}",
            do=do,
            took_effect=lambda: read(self.account, self.app).scheduled_floor is None,
        )

    @property
    def _name(self) -> str:
        return naming.service(self.account.stack, self.app)

    @property
    def _where(self) -> DesiredCount:
        return where(self.account, self.app)


def where(account: Account, app: str) -> DesiredCount:
    return {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": f"service/{account.cluster}/{naming.service(account.stack, app)}",
    }


def read(account: Account, app: str) -> Target:
    """The scalable target of a service. Raises Refused if it has none."""
    scaling, resource = account.client("application-autoscaling"), where(account, app)
    found = scaling.describe_scalable_targets(
        ServiceNamespace=resource["ServiceNamespace"],
        ScalableDimension=resource["ScalableDimension"],
        ResourceIds=[resource["ResourceId"]],
    )["ScalableTargets"]
    if not found:
        raise Refused(
            f"{naming.service(account.stack, app)} has no autoscaling; run `pulumi up` of "
            f"{account.stack}."
        )
    actions = scaling.describe_scheduled_actions(**resource, ScheduledActionNames=[NAME])
    suspended = found[0].get("SuspendedState", {})
    return Target(
        account=account,
        app=app,
        floor=found[0]["MinCapacity"],
        ceiling=found[0]["MaxCapacity"],
        suspended=frozenset(what for what, is_so in suspended.items() if is_so),
        scheduled_floor=next(
            filter(None, map(_scheduled_floor, actions["ScheduledActions"])), None
        ),
    )


def _scheduled_floor(action: "ScheduledActionTypeDef") -> ScheduledFloor | None:
    match = _ONCE.fullmatch(action["Schedule"])
    floor = action.get("ScalableTargetAction", {}).get("MinCapacity")
    if match is None or floor is None:
        return None
    return ScheduledFloor(floor=floor, due=datetime.fromisoformat(match[1]).replace(tzinfo=UTC))

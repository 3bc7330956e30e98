"""What a look at an account brings for some placeholders: values, or why there are none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming


@dataclass(frozen=True)
class Missing:
    """Why a placeholder stays as it is."""

    why: str


Finding = str | Missing


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One look for several placeholders; `find` answers each of them.

    It raises Refused or ClientError when none of them can be found.
    """

    names: tuple[str, ...]
    find: Callable[[Account], dict[str, Finding]]


def service(account: Account, app: str) -> dict[str, Any]:
    """An ECS service as AWS describes it; raises Refused when there is none."""
    name = naming.service(account.stack, app)
    found = account.client("ecs").describe_services(cluster=account.cluster, services=[name])
    active = [one for one in found["services"] if one["status"] == "ACTIVE"]
    if not active:
        raise Refused(f"there is no service {name}")
    return dict(active[0])


def tagged(account: Account, component: str) -> dict[str, str]:
    """The tags that infrastructure gives to whatever belongs to a component."""
    return {"Project": naming.PROJECT, "Stack": account.stack, "Component": component}

"""Findings: the values of placeholders in an account, or the reasons for missing ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.ecs import services
from arbor.procedure import Refused
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef


@dataclass(frozen=True)
class Missing:
    """Why a placeholder has no value."""

    why: str


Finding = str | Missing


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One read for several placeholders; `find` returns each of them.

    It raises Refused or ClientError if it can find none of them.
    """

    names: tuple[str, ...]
    find: Callable[[Account], dict[str, Finding]]


def service(account: Account, app: str) -> "ServiceTypeDef":
    """A service of the stack as ECS describes it. Raises Refused if it doesn't exist."""
    found = services.described(account)
    if app not in found:
        raise Refused(f"there is no service {naming.service(account.stack, app)}")
    return found[app]


def tagged(account: Account, component: str) -> dict[str, str]:
    """The tags of every resource of a component."""
    return {"Project": naming.PROJECT, "Stack": account.stack, "Component": component}

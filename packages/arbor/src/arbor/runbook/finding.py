"""Findings: the values of placeholders in an account, or the reasons for missing ones."""

from collections.abc import Callable
from dataclasses import dataclass

from arbor.account import Account


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

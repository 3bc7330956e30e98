"""Whether an approved update plan still says what a new preview says.

The engine holds a resource to the plan when the program registers it, and has changed others by
then. So `apply` compares first, and nothing is half done for a plan that has gone stale.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.report import name_of
from pipeline.values import SECRET, SECRET_SIGNATURE, SIGNATURE


class NoPlanError(Exception):
    """The file holds no update plan; the message says so."""


def stale(approved: Path, fresh: Path) -> list[str]:
    """The resources for which the two plans differ, by name; secrets, encrypted anew, aside.

    Raises NoPlanError when one is no plan of Pulumi's.
    """
    before, now = _resources(approved), _resources(fresh)
    return sorted(
        name_of(urn) for urn in before.keys() | now.keys() if before.get(urn) != now.get(urn)
    )


def _resources(file: Path) -> dict[str, Any]:
    try:
        plans: Mapping[str, Any] = json.loads(file.read_text())["resourcePlans"]
        return {urn: wanted for urn, plan in plans.items() if (wanted := _wanted(plan))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NoPlanError(f"{file} is no update plan of Pulumi: {wrong!r}.") from wrong


def _wanted(plan: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """What the engine would do to a resource; empty for one that stays as it is."""
    steps = [step for step in plan.get("steps") or () if step != "same"]
    if not steps:
        return None
    goal = plan.get("goal") or {}
    return steps, _plain(goal.get("inputDiff") or {})


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A secret only as one: the same text is encrypted to another with each preview."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return SECRET
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value

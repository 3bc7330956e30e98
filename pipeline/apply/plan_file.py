"""Whether an approved update plan equals that of a new preview.

The engine holds a resource to the plan when the program registers it, and has changed others by
then. So `apply` compares first, and nothing is half done for a plan that has gone stale.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.report.report import name_of
from pipeline.report.values import SECRET, SECRET_SIGNATURE, SIGNATURE


class NoPlanError(Exception):
    """The file holds no update plan."""


def stale(approved: Path, fresh: Path) -> list[str]:
    """The resources for which the two plans differ, by name.

    Aside from what is another with each preview: ciphertext, and the names that Pulumi chooses.

    Raises NoPlanError when one is no plan of Pulumi's.
    """
    before, now = _resources(approved), _resources(fresh)
    return sorted(
        name_of(urn) for urn in before.keys() | now.keys() if before.get(urn) != now.get(urn)
    )


def check(file: Path) -> None:
    """Raises NoPlanError unless the file is an update plan of Pulumi's."""
    _resources(file)


def _resources(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text()
        plans: Mapping[str, Any] = json.loads(text)["resourcePlans"]
        for generated, logical in _generated(plans):
            text = text.replace(generated, f"{logical}-*")
        plans = json.loads(text)["resourcePlans"]
        return {urn: wanted for urn, plan in plans.items() if (wanted := _wanted(plan))}
    except OSError as unread:
        raise NoPlanError(f"{file} can't be read ({unread.strerror}).") from unread
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NoPlanError(
            f"{file} is not an update plan; `python -m pipeline preview --plan` writes one."
        ) from wrong


def _generated(plans: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The physical names that Pulumi chose for new resources, and the logical ones.

    Each preview chooses others; an `up` by a plan takes the plan's, from its seeds.
    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
    """
    for urn, plan in plans.items():
        logical = name_of(urn)
        for name in _texts(_inputs(plan)):
            # `alias/` and the like come before it.
            if found := re.fullmatch(rf"(?:.*\W)?({re.escape(logical)}-[0-9a-f]{{7}})", name):
                yield found[1], logical


def _texts(inputs: Mapping[str, Any]) -> Iterator[str]:
    for changed in inputs.values():
        if isinstance(changed, Mapping):
            yield from (value for value in changed.values() if isinstance(value, str))


def _wanted(plan: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """What the engine would do to a resource; empty for one that stays as it is."""
    steps = [step for step in plan.get("steps") or () if step != "same"]
    return (steps, _plain(_inputs(plan))) if steps else None


def _inputs(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs that differ, by `adds`, `updates` and `deletes`."""
    found: Mapping[str, Any] = (plan.get("goal") or {}).get("inputDiff") or {}
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A secret only as one: the same text is encrypted to another with each preview."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return SECRET
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value

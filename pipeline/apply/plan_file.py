"""Whether an approved update plan equals that of a new preview.

The engine compares a resource with the plan when the program registers it, and has changed others
by then. So `apply` compares the plans first, and a stale plan changes nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.report.report import name_of
from pipeline.report.values import SECRET, SECRET_SIGNATURE, SIGNATURE


class NoPlanError(Exception):
    """The file is not an update plan."""


def stale(approved: Path, fresh: Path) -> list[str]:
    """The resources for which the two plans differ, by name.

    Ciphertext and names that Pulumi chooses are left out, because they differ in each preview.

    Raises NoPlanError if a file is not an update plan.
    """
    before, now = _resources(approved), _resources(fresh)
    return sorted(
        name_of(urn) for urn in before.keys() | now.keys() if before.get(urn) != now.get(urn)
    )


def check(file: Path) -> None:
    """Raises NoPlanError unless the file is an update plan."""
    _resources(file)


def _resources(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text()
        plans: Mapping[str, Any] = json.loads(text)["resourcePlans"]
        for generated, logical in _generated(plans):
            text = text.replace(generated, f"{logical}-*")
        plans = json.loads(text)["resourcePlans"]
        return {urn: planned for urn, plan in plans.items() if (planned := _planned(plan))}
    except OSError as unread:
        raise NoPlanError(f"{file} can't be read ({unread.strerror}).") from unread
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NoPlanError(
            f"{file} is not an update plan; `python -m pipeline preview --plan` writes one."
        ) from wrong


def _generated(plans: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The physical names that Pulumi chose for new resources, and the logical ones.

    Each preview chooses new ones; an `up` with a plan uses the plan's, from its seeds.
    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
    """
    for urn, plan in plans.items():
        logical = name_of(urn)
        for name in _texts(_inputs(plan)):
            # It may have a prefix such as `alias/`.
            if found := re.fullmatch(rf"(?:.*\W)?({re.escape(logical)}-[0-9a-f]{{7}})", name):
                yield found[1], logical


def _texts(inputs: Mapping[str, Any]) -> Iterator[str]:
    for changed in inputs.values():
        if isinstance(changed, Mapping):
            yield from (value for value in changed.values() if isinstance(value, str))


def _planned(plan: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The planned steps and inputs of a resource; None if it does not change."""
    steps = [step for step in plan.get("steps") or () if step != "same"]
    return (steps, _plain(_inputs(plan))) if steps else None


def _inputs(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs that differ, by `adds`, `updates` and `deletes`."""
    found: Mapping[str, Any] = (plan.get("goal") or {}).get("inputDiff") or {}
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value with its secrets masked: each preview encrypts the same text differently."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return SECRET
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value

"""One setting of the repository: reason, check, and the call that sets it."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.repository.read import LiveSettings


def always(live: LiveSettings) -> bool:
    """A setting of every repository."""
    return bool(live)


def private(live: LiveSettings) -> bool:
    """A setting of private and internal repositories only."""
    return live.private


def public(live: LiveSettings) -> bool:
    """A setting of public repositories only."""
    return not live.private


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A row of the table."""

    name: str
    """The claim, as a sentence without full stop."""
    why: str
    permission: str
    """Of a fine-grained token, to read it."""
    source: str
    """GitHub's page about it."""
    judge: Callable[[LiveSettings], str]
    """The finding, as a sentence without full stop; empty if the claim holds.

    Raises UnreadableError.
    """
    call: Callable[[LiveSettings], str]
    """Commands that set it and keep the endpoint's other values; empty without one."""
    applies: Callable[[LiveSettings], bool] = always
    note: str = ""
    """A further step, or the remedy if there is no call."""
    optional: bool = False
    """Recommended: the pipeline is safe and works without it."""


def gh(method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
    """A call of the API that can be pasted into a shell; `path` begins at the repository's name.

    https://cli.github.com/manual/gh_api
    """
    words = ["gh", "api", "--method", method, f"repos/{path}"]
    fields = body or {}
    if any(isinstance(value, dict | list) for value in fields.values()):
        text = json.dumps(fields, indent=2)
        return f"{shlex.join([*words, '--input', '-'])} <<'JSON'\n{text}\nJSON"
    for key, value in fields.items():
        # --field would turn a text such as `true` or `123456789012` into another type.
        words += (
            ["--raw-field", f"{key}={value}"]
            if isinstance(value, str)
            else ["--field", f"{key}={json.dumps(value)}"]
        )
    return shlex.join(words)


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Each key whose value differs from the required one."""
    return ", ".join(
        f"{key} is {json.dumps(found.get(key))}, not {json.dumps(value)}"
        for key, value in wanted.items()
        if found.get(key) != value
    )

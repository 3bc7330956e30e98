"""A stack's config as the engine passes it to the program, from the project's own files."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml

ROOT = Path(__file__).parents[2]


def stack_values(stack: str, **changes: Any) -> dict[str, str]:
    """Pulumi.yaml's defaults and Pulumi.<stack>.yaml, as text.

    `changes` are arbor keys by name; None removes one.
    """
    project = _config("Pulumi.yaml")
    values = {key: entry["default"] for key, entry in project.items() if "default" in entry}
    values |= _config(f"Pulumi.{stack}.yaml")
    values |= {f"arbor:{name}": value for name, value in changes.items()}
    return {key: _text(value) for key, value in values.items() if value is not None}


def use(stack: str, **changes: Any) -> None:
    """Make `settings.load()` read this config."""
    pulumi.runtime.set_all_config(stack_values(stack, **changes))


@cache
def _config(file: str) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["config"]
    return config


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

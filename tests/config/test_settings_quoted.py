"""`pulumi stack init` rewrites the stack's file and quotes its numbers and booleans."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

import stack_config
from config import settings

ROOT = Path(__file__).parents[2]


def quoted(value: Any) -> Any:
    """The value with each number and boolean in it as text."""
    if isinstance(value, dict):
        return {key: quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [quoted(item) for item in value]
    return json.dumps(value) if isinstance(value, bool | int) else value


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_quoted_numbers_and_booleans_are_read_by_type(stack: str) -> None:
    file = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    rewritten = {
        key.removeprefix("arbor:"): quoted(value)
        for key, value in file.items()
        if key.startswith("arbor:")
    }
    backend = rewritten["services"]["backend"]
    assert isinstance(backend["cpu"], str)
    assert isinstance(backend["database"], str)
    assert isinstance(rewritten["natPerZone"], str)

    as_written = settings.parse(stack_config.stack_values(stack), stack)
    as_rewritten = settings.parse(stack_config.stack_values(stack, **rewritten), stack)
    assert asdict(as_rewritten) == asdict(as_written)

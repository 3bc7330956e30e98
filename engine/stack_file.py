"""Pulumi.<stack>.yaml: the list of stacks, and the config of one."""

from pathlib import Path
from typing import Any

import yaml

PROJECT_DIR = Path(__file__).parents[1]


class StackFileError(Exception):
    """Pulumi.<stack>.yaml is missing or has no config; the message has the remedy."""


class NoSuchStackError(StackFileError):
    """The message lists the stacks."""


class BrokenStackError(StackFileError):
    """The message names the file and the error."""


def stack_config(stack: str) -> dict[str, Any]:
    """The config of Pulumi.<stack>.yaml.

    Raises NoSuchStackError without such a file, and BrokenStackError for a file without config.
    """
    known = sorted(path.name.split(".")[1] for path in PROJECT_DIR.glob("Pulumi.*.yaml"))
    if stack not in known:
        raise NoSuchStackError(f"There is no stack {stack}; choose one of {', '.join(known)}.")
    name = f"Pulumi.{stack}.yaml"
    try:
        content = yaml.safe_load((PROJECT_DIR / name).read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        where = " ".join(str(wrong).split())
        raise BrokenStackError(f"{name} is not valid YAML: {where}. Correct it.") from wrong
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise BrokenStackError(
            f"{name} has no settings below `config:`; allowed: lines such as "
            "`aws:region: us-east-1`. Restore the file from git, or add them."
        )
    return config

"""A temporary, empty state of the stack."""

import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from pulumi import automation

from engine.deployment import project_program
from pipeline.stacks import Opened

ENCRYPTION = frozenset({"secretsprovider", "encryptedkey", "encryptionsalt"})
"""Keys of a stack's file that belong to its own state (docs/state.md)."""
KEY_BYTES = 32


@contextmanager
def scratch(opened: Opened) -> Iterator[automation.Stack]:
    """The stack with its config, program and credentials, and a state of its own.

    A preview and an import read from the account, and write to the state alone.
    """
    workspace, name = opened.stack.workspace, opened.stack.name
    source = Path(workspace.work_dir)
    with tempfile.TemporaryDirectory(prefix="arbor-adopt-") as temporary:
        settings, state = Path(temporary) / "project", Path(temporary) / "state"
        settings.mkdir()
        state.mkdir()
        project = yaml.safe_load((source / "Pulumi.yaml").read_text())
        stack = yaml.safe_load((source / f"Pulumi.{name}.yaml").read_text())
        # `pulumi import` starts the language host, which resolves a relative path from here.
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        own = {key: value for key, value in stack.items() if key not in ENCRYPTION}
        (settings / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        (settings / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(own))
        yield automation.create_or_select_stack(
            name,
            project_name=project["name"],
            program=project_program(),
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(settings),
                pulumi_command=workspace.pulumi_command,
                env_vars={
                    **workspace.env_vars,
                    "PULUMI_BACKEND_URL": f"file://{state}",
                    "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(KEY_BYTES),
                },
            ),
        )

"""The real Pulumi engine, running this project's program against an account."""

import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation
from pulumi.automation import events

from engine import policy_host, stack_file

ATTACHED = {
    "PULUMI_SKIP_UPDATE_CHECK": "1",
    # Every provider is attached. Without this the engine first tries to download the plugins of
    # its state, several times.
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}
Program = Callable[[], None]
OnEvent = Callable[[events.EngineEvent], None]


def project_program() -> Program:
    """`__main__.py`, exactly as the official CLI would run it."""

    def run() -> None:
        sys.path.insert(0, str(stack_file.PROJECT_DIR))
        try:
            runpy.run_path(str(stack_file.PROJECT_DIR / "__main__.py"), run_name="__main__")
        finally:
            sys.path.remove(str(stack_file.PROJECT_DIR))

    return run


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stack with its engine and account."""

    stack: automation.Stack
    workdir: Path
    policy_packs: tuple[Path, ...] = ()
    """Directories of the packs that every `up` and `preview` must pass."""

    def up(self, on_event: OnEvent | None = None) -> automation.UpResult:
        return self.stack.up(
            on_event=on_event, color="never", suppress_progress=True, policy_packs=self._packs
        )

    def preview(self, on_event: OnEvent | None = None) -> automation.PreviewResult:
        return self.stack.preview(
            on_event=on_event, color="never", suppress_progress=True, policy_packs=self._packs
        )

    @property
    def _packs(self) -> list[str]:
        return [str(pack) for pack in self.policy_packs]

    def refresh(self, on_event: OnEvent | None = None) -> automation.RefreshResult:
        return self.stack.refresh(on_event=on_event, color="never", suppress_progress=True)

    def destroy(self, on_event: OnEvent | None = None) -> automation.DestroyResult:
        """Delete everything, or nothing if a resource is protected.

        The preview is that of `pulumi destroy` before its question. Without it the engine deletes
        other resources before it reaches a protected one.
        """
        self.stack.preview_destroy(color="never", suppress_progress=True)
        return self.stack.destroy(on_event=on_event, color="never", suppress_progress=True)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change config keys (`arbor:...`) of this copy of the stack; None removes a key."""
        file = self.workdir / f"Pulumi.{self.stack.name}.yaml"
        settings = yaml.safe_load(file.read_text())
        config = {**settings["config"], **changes}
        settings["config"] = {key: value for key, value in config.items() if value is not None}
        file.write_text(yaml.safe_dump(settings))


@contextmanager
def open_stack(
    *,
    stack: str,
    account: Mapping[str, str],
    command: automation.PulumiCommand,
    program: Program | None = None,
    policy_packs: Sequence[Path] = (),
    settings: Path = stack_file.PROJECT_DIR,
) -> Iterator[Deployment]:
    """The stack in the account, from a temporary copy of the config in `settings`.

    The engine writes an encryption salt into the stack's file, so it works on a copy and the
    tree stays clean.
    """
    stack_file.stack_config(stack)
    with tempfile.TemporaryDirectory(prefix="arbor-stack-") as temporary:
        workdir = Path(temporary) / "project"
        workdir.mkdir()
        for name in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
            shutil.copy(settings / name, workdir)
        project = yaml.safe_load((workdir / "Pulumi.yaml").read_text())["name"]
        made = automation.create_or_select_stack(
            stack,
            project_name=project,
            program=program or project_program(),
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(workdir),
                pulumi_command=command,
                env_vars={
                    **ATTACHED,
                    **account,
                    "PATH": policy_host.install(Path(temporary)),
                },
            ),
        )
        yield Deployment(stack=made, workdir=workdir, policy_packs=tuple(policy_packs))

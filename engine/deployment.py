"""The real Pulumi engine, running this project's program against an emulated account."""

import os
import runpy
import shutil
import subprocess
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

from engine import policy_host

PROJECT_DIR = Path(__file__).parents[1]
PASSPHRASE = "emulated"  # noqa: S105 - it encrypts the state of an account that doesn't exist
CLOSED_PROXY = "http://127.0.0.1:9"
"""Port 9 (discard) is closed: whatever asks for another address gets nowhere."""
NO_DOWNLOADS = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
"""Every provider is attached. Without this the engine first tries, and tries again, to download
the plugins that its state names."""
CONNECTION = ("PULUMI_DEBUG_PROVIDERS", "PULUMI_BACKEND_URL", "AWS_ENDPOINT_URL")
"""What `serve` prints and a later command needs to find the account again."""
ENDING_SECONDS = 30.0
"""What an account may take to end in order, once it is asked to."""
Program = Callable[[], None]
OnEvent = Callable[[events.EngineEvent], None]


class StackFileError(Exception):
    """Pulumi.<stack>.yaml is missing or has no config; the message says what to do."""


class NoSuchStackError(StackFileError):
    """The message lists the stacks that there are."""


class BrokenStackError(StackFileError):
    """The message names the file, and what it has instead of config."""


class AccountFailedError(Exception):
    """The account's process ended before it could be used."""


def client_environment(endpoint: str, region: str) -> dict[str, str]:
    """The environment of any AWS client that shall see the emulated account, and only it."""
    closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED_PROXY)
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # No profile, no metadata service: nothing but the credentials above.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **closed,
        **{name.lower(): value for name, value in closed.items()},
    }


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
            f"{name} has no settings below `config:`; allowed: a line for each, such as "
            "`aws:region: us-east-1`. Restore the file from git, or write them."
        )
    return config


@contextmanager
def account_process(*, stack: str, speed: float) -> Iterator[dict[str, str]]:
    """Start `python -m emulator serve` and give the environment that it prints.

    The account is a process of its own: awsx's Construct changes the SDK's global settings, so
    it can't share one with the program. It ends when its standard input closes, so it can't
    outlive this process, however that ends.
    """
    command = [sys.executable, "-m", "emulator", "serve", "--stack", stack]
    with subprocess.Popen(  # noqa: S603 - this Python and arguments of ours
        [*command, "--speed", str(speed), "--until-input-closes"],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A copy of the account (packages/pulumi-moto/src/pulumi_moto/fork.py) speaks no gRPC, which need not prepare for it.
        env={**os.environ, "GRPC_ENABLE_FORK_SUPPORT": "false"},
        text=True,
        start_new_session=True,  # Ctrl-C is for this process; it then ends the account in order
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        printed: dict[str, str] = {}
        for line in process.stdout:
            if not line.startswith("export "):
                break
            name, _, value = line.removeprefix("export ").rstrip("\n").partition("=")
            printed[name] = value.strip("'")
        if "PULUMI_DEBUG_PROVIDERS" not in printed:
            process.wait()
            raise AccountFailedError(
                "The emulated account did not start; its message stands above."
            )
        try:
            yield printed
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # nothing in it outlives it anyway


def served_account() -> dict[str, str] | None:
    """The account that `serve` keeps up, if its lines are in this environment."""
    if any(name not in os.environ for name in CONNECTION):
        return None
    names = (*CONNECTION, "AWS_REGION", "PULUMI_CONFIG_PASSPHRASE")
    return {name: os.environ[name] for name in names if name in os.environ}


def project_program() -> Program:
    """`__main__.py`, exactly as the official CLI would run it."""

    def run() -> None:
        sys.path.insert(0, str(PROJECT_DIR))
        try:
            runpy.run_path(str(PROJECT_DIR / "__main__.py"), run_name="__main__")
        finally:
            sys.path.remove(str(PROJECT_DIR))

    return run


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stack, the engine that deploys it and the account it lives in."""

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
        """Delete everything; what is protected is refused before anything is deleted.

        The preview is what `pulumi destroy` shows before it asks. Without it the engine deletes
        whatever it can before it meets what is protected.
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
def deployment(
    *,
    stack: str,
    account: Mapping[str, str],
    command: automation.PulumiCommand,
    program: Program | None = None,
    policy_packs: Sequence[Path] = (),
    settings: Path = PROJECT_DIR,
) -> Iterator[Deployment]:
    """The stack in the account, from a temporary copy of the config in `settings`.

    The engine writes an encryption salt into the stack's file, so it works on a copy and the
    tree stays clean.
    """
    stack_config(stack)
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
                    **_engine_environment(account),
                    "PATH": policy_host.install(Path(temporary)),
                },
            ),
        )
        yield Deployment(stack=made, workdir=workdir, policy_packs=tuple(policy_packs))


def _engine_environment(account: Mapping[str, str]) -> dict[str, str]:
    return {
        **client_environment(account["AWS_ENDPOINT_URL"], account.get("AWS_REGION", "us-east-1")),
        **account,
        "PULUMI_CONFIG_PASSPHRASE": account.get("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        **NO_DOWNLOADS,
    }

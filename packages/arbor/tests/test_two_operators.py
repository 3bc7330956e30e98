"""Two operators at a time: the second command is refused with the lock's holder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import audit_fixtures
import command_tree
import staging_fixtures
from arbor.__main__ import app
from arbor.account import Account
from arbor.lock import Holder
from command_table import VALID
from ecs_world import client
from pulumi_moto.clock import CLOCK
from recorded_calls import recording
from staging_fixtures import STACK

COMMANDS = command_tree.commands()
WRITERS = [name for name, command in COMMANDS.items() if command.writes]
READERS = [name for name in COMMANDS if name not in WRITERS]
LOCK = f"/arbor/{STACK}/operation"
OTHER = Holder(
    command="resize",
    arguments=("backend",),
    arn="arn:aws:sts::123456789012:assumed-role/operators/mira",
    user="mira",
    host="laptop-7",
    process=1,
    since="2026-11-24 03:01:02 UTC",
    token="another",
)
AS_JSON = json.loads(json.dumps(asdict(OTHER)))


def stored() -> Any:
    """The stored holder of the lock."""
    return json.loads(client("ssm").get_parameter(Name=LOCK)["Parameter"]["Value"])


class NoKeys:
    """An empty Redis, for a command that counts keys before the confirmation."""

    def scan_iter(self, **_: object) -> Iterator[str]:
        return iter(())

    def dbsize(self) -> int:
        return 0

    def info(self, _section: str) -> dict[str, Any]:
        return {}


@contextmanager
def empty_redis(_: Account) -> Iterator[NoKeys]:
    yield NoKeys()


@pytest.fixture(scope="module")
def busy() -> Iterator[None]:
    """Staging, while another operator's command holds the lock."""
    with staging_fixtures.staging() as made, pytest.MonkeyPatch.context() as patch:
        audit_fixtures.tidy(made)
        patch.setattr("arbor.cache.write_commands.session", empty_redis)
        client("ssm").put_parameter(Name=LOCK, Value=json.dumps(AS_JSON), Type="String")
        yield


def run(name: str, *more: str) -> Result:
    words = [*name.split(), *VALID[name].split(), *more, "--stack", STACK]
    return CliRunner().invoke(app, words)


def test_the_lock_is_held_from_the_first_write_to_the_last() -> None:
    """Runs first, since the other tests share an account."""
    with staging_fixtures.staging():
        CLOCK.set_speed(60_000)
        with recording(may_write=True) as seen:
            done = run("deploy", "--yes", "--every", "0.001")
        assert done.exit_code == 0, done.output
    writes = [call.operation for call in seen.calls if not call.is_read]
    assert writes[0] == "ssm:PutParameter"
    assert writes[-1] == "ssm:DeleteParameter"
    assert "ecs:UpdateService" in writes[1:-1]


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("name", WRITERS)
def test_a_second_command_is_refused_with_the_holder_and_writes_nothing(name: str) -> None:
    with recording() as seen:
        done = run(name, "--yes")
    assert done.exit_code == 3, done.output
    assert f"`resize backend` by mira on laptop-7 ({OTHER.arn}) since {OTHER.since}" in done.stderr
    assert "--take-over" in done.stderr
    assert seen.locks() == ["ssm:PutParameter"]
    assert stored() == AS_JSON


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("name", WRITERS)
def test_a_dry_run_takes_no_lock_and_writes_nothing(name: str) -> None:
    with recording() as seen:
        done = run(name, "--dry-run")
    assert done.exit_code in {0, 3}, done.output
    assert seen.locks() == []
    assert stored() == AS_JSON


@pytest.mark.parametrize("name", WRITERS)
def test_a_writing_command_has_the_common_options(name: str) -> None:
    assert {"--yes", "--dry-run", "--every", "--take-over"} <= COMMANDS[name].options


@pytest.mark.parametrize("name", READERS)
def test_a_reading_command_has_nothing_to_confirm(name: str) -> None:
    assert not {"--dry-run", "--take-over"} & COMMANDS[name].options

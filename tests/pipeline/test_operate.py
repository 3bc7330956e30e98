"""`python -m pipeline operate`: its refusals, without an engine."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from moto import mock_aws
from pulumi import automation
from pulumi.automation import CommandResult
from typer.testing import CliRunner

import pipeline.__main__
from arbor import screen
from arbor.account import Account
from pipeline.operate import actions, adopt, lock, lost_key, refresh, repair, state
from pipeline.operate.actions import Action
from pipeline.report.steps import Step
from pipeline.stacks import Opened

STACK, PROJECT = "staging", "arbor"
DATABASE = "aws:rds/instance:Instance"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
RUNNER = {"pid": 4711, "username": "runner", "hostname": "fv-az123"}
BEGUN = "2026-11-28T01:02:03.123456789Z"
"""In Go's format, with nanoseconds."""
ROOTS = ("", "staging/")
"""The paths in a bucket's backend: the older form, and one prefix for each stack."""


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:{STACK}::{PROJECT}::{token}::{name}"


class Backed:
    """A stack whose files are in a directory; cancels and writes are recorded."""

    name = STACK

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = self
        self.cancelled = 0
        self.commands: list[tuple[str, ...]] = []
        self.resources: list[dict[str, Any]] = []

    def project_settings(self) -> Any:
        return _Named(PROJECT)

    def who_am_i(self) -> Any:
        return _Who(f"file://{self.root}")

    def cancel(self) -> None:
        self.cancelled += 1
        for file in self.locks.glob("*.json"):
            file.unlink()

    def command(self, _stack: object, *words: str) -> str:
        """Replaces the CLI, and changes nothing."""
        self.commands.append(words)
        return "repaired"

    @property
    def locks(self) -> Path:
        return self.root / ".pulumi/locks/organization" / PROJECT / STACK

    def lock(self, **reported: object) -> None:
        """A lock in the form of a run."""
        self.locks.mkdir(parents=True, exist_ok=True)
        content = {**RUNNER, "timestamp": BEGUN, **reported}
        (self.locks / "0001.json").write_text(json.dumps(content))
        (self.locks / "0001.json.attrs").write_text("{}")

    def write_state(self, ago: timedelta) -> None:
        file = self.root / f".pulumi/stacks/{PROJECT}/{STACK}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
        then = (datetime.now(UTC) - ago).timestamp()
        os.utime(file, (then, then))


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


class _Who:
    def __init__(self, url: str) -> None:
        self.url = url


@pytest.fixture
def backed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backed:
    made = Backed(tmp_path)
    made.write_state(timedelta(hours=1))
    monkeypatch.setattr(state, "deployment", lambda stack: {"resources": stack.resources})
    monkeypatch.setattr(state, "run", made.command)
    return made


def run(action: Action, stack: Any, *, yes: bool = True) -> None:
    def no_client(service: str) -> Any:
        raise AssertionError(service)

    opened = Opened(stack=stack, account=Account(stack=STACK, client=no_client))
    actions.operate(action, opened, yes=yes)


@contextmanager
def refused(capsys: pytest.CaptureFixture[str], *parts: str) -> Iterator[None]:
    with pytest.raises(typer.Exit) as ended:
        yield
    assert ended.value.exit_code == 3
    reported = capsys.readouterr().err
    assert all(part in reported for part in parts), reported


def test_cancel_deletes_the_lock_of_an_ended_run(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.lock()
    run(Action.CANCEL, backed)
    reported = capsys.readouterr().out
    assert "the lock of runner@fv-az123 (pid 4711) since 2026-11-28 01:02:03 UTC" in reported
    assert "operate refresh --stack staging" in reported
    assert backed.cancelled == 1


def test_cancel_confirms_and_refuses_without_a_terminal(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.lock()
    with refused(capsys, "add --yes"):
        run(Action.CANCEL, backed, yes=False)
    assert backed.cancelled == 0


def test_cancel_without_a_lock_has_nothing_to_do(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    run(Action.CANCEL, backed)
    assert "staging is not locked." in capsys.readouterr().out
    assert backed.cancelled == 0


def test_cancel_keeps_the_lock_of_a_running_local_process(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.lock(hostname=socket.gethostname(), pid=os.getpid())
    with refused(capsys, "is still running"):
        run(Action.CANCEL, backed)
    assert backed.cancelled == 0


def test_cancel_keeps_the_lock_of_a_run_that_has_just_written(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.lock()
    backed.write_state(timedelta(seconds=30))
    with refused(capsys, "a run may be active", "runner@fv-az123"):
        run(Action.CANCEL, backed)
    assert backed.cancelled == 0


def test_cancel_keeps_a_lock_that_is_newer_than_the_confirmation(
    backed: Backed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    backed.lock()
    monkeypatch.setattr(screen, "confirm", lambda yes: backed.lock(pid=1, yes=yes))
    with refused(capsys, "changed meanwhile"):
        run(Action.CANCEL, backed)
    assert backed.cancelled == 0


@pytest.mark.parametrize("root", ROOTS)
def test_a_lock_in_a_bucket_is_found_below_the_backends_prefix(root: str) -> None:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        account = Account(stack=STACK, client=session.client)
        s3 = session.client("s3")
        s3.create_bucket(Bucket="states")
        content = json.dumps({**RUNNER, "timestamp": BEGUN})
        for stack in (STACK, "staging-two"):
            path = f"{root}.pulumi/locks/organization/{PROJECT}/{stack}/1.json"
            s3.put_object(Bucket="states", Key=path, Body=content)
        s3.put_object(Bucket="states", Key=f"{root}.pulumi/stacks/{PROJECT}/{STACK}.json", Body="")
        url = f"s3://states/{root}?region=us-east-1"
        where = lock.backend(url, account)
        assert where is not None
        (found,) = lock.locks(where, PROJECT, STACK)
        assert (found.user, found.host, found.pid) == ("runner", "fv-az123", 4711)
        assert lock.last_written(where, PROJECT, STACK) is not None
        assert lock.last_written(where, PROJECT, "production") is None


def test_pulumi_cloud_has_no_readable_lock() -> None:
    def no_client(service: str) -> Any:
        raise AssertionError(service)

    account = Account(stack=STACK, client=no_client)
    assert lock.backend("https://app.pulumi.com/arbor", account) is None


def of_state(name: str, **reported: Any) -> dict[str, Any]:
    return {"urn": urn(GROUP, name), "type": GROUP, **reported}


PARENT = of_state("logs")
CHILD = of_state("logs-exec", parent=PARENT["urn"], dependencies=[PARENT["urn"]])


def test_a_valid_state_is_left_unchanged(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.resources = [PARENT, CHILD]
    run(Action.STATE_REPAIR, backed)
    assert "is valid" in capsys.readouterr().out
    assert backed.commands == []


@pytest.mark.parametrize(
    ("resources", "printed"),
    [
        ([CHILD, PARENT], "logs-exec is listed before logs"),
        ([PARENT, {**CHILD, "dependencies": [urn(GROUP, "old")]}], "refers to old"),
        (
            [PARENT, {**CHILD, "propertyDependencies": {"name": [urn(GROUP, "old")]}}],
            "refers to old",
        ),
        ([PARENT, {**CHILD, "deletedWith": urn(GROUP, "old")}], "refers to old"),
    ],
    ids=["order", "dependency", "dependency of an input", "deleted with"],
)
def test_each_repair_is_printed(resources: list[dict[str, Any]], printed: str) -> None:
    assert repair.orphans(resources) == []
    (sentence,) = repair.repairable(resources)
    assert printed in sentence


@pytest.mark.parametrize(
    ("resource", "printed"),
    [
        (CHILD, "change its URN, and the next `up` would replace it"),
        (of_state("a", provider=f"{urn('pulumi:providers:aws', 'p')}::id"), "lost its provider p"),
    ],
    ids=["parent", "provider"],
)
def test_a_repair_that_would_rename_a_resource_is_refused(
    resource: dict[str, Any], printed: str, backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.resources = [resource]
    with refused(capsys, printed, '"An Earlier State" in docs/state.md'):
        run(Action.STATE_REPAIR, backed)
    assert backed.commands == []


def test_a_repair_without_effect_is_a_failure(
    backed: Backed, capsys: pytest.CaptureFixture[str]
) -> None:
    backed.resources = [CHILD, PARENT]
    with pytest.raises(typer.Exit) as ended:
        run(Action.STATE_REPAIR, backed)
    assert ended.value.exit_code == 1
    assert "still invalid" in capsys.readouterr().err
    assert backed.commands == [("state", "repair", "--yes")]


def gone(token: str, name: str) -> refresh.Difference:
    return refresh.Difference(
        op=refresh.GONE, urn=urn(token, name), token=token, physical_id=name, old={}, new={}
    )


def test_a_refresh_keeps_missing_resources_with_data_in_the_state(
    backed: Backed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(refresh, "preview", lambda _: [gone(GROUP, "logs"), gone(DATABASE, "db")])

    def write(_stack: object) -> list[refresh.Difference]:
        written.append("refresh")
        return []

    monkeypatch.setattr(refresh, "write", write)
    with refused(capsys, "db is gone", "pulumi state delete 'urn:pulumi:staging", "--force`"):
        run(Action.REFRESH, backed)
    assert written == []
    monkeypatch.setattr(refresh, "preview", lambda _: [gone(GROUP, "logs")])
    run(Action.REFRESH, backed)
    assert written == ["refresh"]


def test_a_refresh_lists_dropped_operations_of_a_killed_run(
    backed: Backed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = {"type": "creating", "resource": {"type": DATABASE, "urn": urn(DATABASE, "db")}}
    monkeypatch.setattr(refresh, "preview", lambda _: [])
    monkeypatch.setattr(refresh, "write", lambda _: [])
    monkeypatch.setattr(state, "deployment", lambda _: {"pending_operations": [begun]})
    run(Action.REFRESH, backed)
    reported = capsys.readouterr().out
    assert f"would forget this operation of a killed run: creating {DATABASE} db" in reported
    assert "pipeline adopt --stack staging" in reported


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "true"),
        (20.0, "20"),
        ("db.t3.large", "db.t3.large"),
        ({"a": 1}, "another value"),
        ("[secret]", "another value"),
        ("x" * 61, "another value"),
    ],
)
def test_a_document_or_a_secret_is_shown_by_its_kind(value: object, text: str) -> None:
    assert refresh.shown(value) == text


def of_step(token: str, name: str, key: str, now: object) -> Step:
    return Step(
        op="update",
        urn=urn(token, name),
        token=token,
        name=name,
        keys=(key,),
        old={key: now},
        new={key: "other"},
    )


@pytest.mark.parametrize(
    ("step", "command"),
    [
        (
            of_step(DATABASE, "database-instance", "instanceClass", "db.t3.large"),
            "pulumi config set --stack staging arbor:databaseClass db.t3.large",
        ),
        (
            of_step(DATABASE, "database-instance", "allocatedStorage", 1000000.0),
            "pulumi config set --stack staging arbor:databaseStorageGib 1000000",
        ),
        (
            of_step(DATABASE, "database-instance", "multiAz", now=False),
            "pulumi config set --stack staging arbor:databaseMultiAz false",
        ),
        (
            of_step(
                "aws:appautoscaling/target:Target", "backend-scaling-target", "maxCapacity", 20.0
            ),
            "pulumi config set --stack staging --path arbor:services.backend.max 20",
        ),
    ],
    ids=["text", "number", "boolean", "below a key"],
)
def test_a_value_with_a_config_key_becomes_a_command(step: Step, command: str) -> None:
    (value,) = adopt._value(step, step.keys[0])  # noqa: SLF001 - the line without an engine
    assert value.command(STACK) == command


def test_a_value_without_a_config_key_becomes_no_command() -> None:
    step = of_step("aws:wafv2/webAcl:WebAcl", "acl", "rules", [1])
    assert list(adopt._value(step, "rules")) == []  # noqa: SLF001 - as above


SECRET = {lost_key.SIGNATURE: lost_key.SECRET, "ciphertext": "v1:abc"}
PROVIDER = {"type": "cloud", "state": {"url": "awskms://alias/new", "encryptedkey": "a2V5"}}


def test_a_state_without_its_key_keeps_everything_except_secrets() -> None:
    resource = {"id": "db", "inputs": {"password": SECRET, "class": "db.t3.large", "l": [SECRET]}}
    deployment = {"resources": [resource], "secrets_providers": "old"}
    exported = {"version": 3, "deployment": deployment}
    made, count = lost_key.without_secrets(exported, PROVIDER)
    lost = {lost_key.SIGNATURE: lost_key.SECRET, "plaintext": '"lost"'}
    assert count == 2
    assert made == {
        "version": 3,
        "deployment": {
            "resources": [
                {"id": "db", "inputs": {"password": lost, "class": "db.t3.large", "l": [lost]}}
            ],
            "secrets_providers": PROVIDER,
        },
    }
    assert deployment["secrets_providers"] == "old"


def test_a_file_other_than_an_export_is_refused() -> None:
    with pytest.raises(lost_key.NotAnExportError):
        lost_key.without_secrets({"checkpoint": {}}, PROVIDER)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["up-refresh", "--allow", "everything"], "--allow is everything; allowed: nothing"),
        (["refresh", "--allow", "first-start"], "--allow is for up-refresh"),
        (["refresh", "--base", "."], "--base requires --emulated"),
        (["delete"], "'delete' is not one of 'refresh', 'adopt'"),
    ],
    ids=["unknown", "not for this action", "base", "action"],
)
def test_wrong_usage_is_one_sentence(words: list[str], printed: str) -> None:
    done = CliRunner().invoke(pipeline.__main__.app, ["operate", *words, "--stack", STACK])
    assert done.exit_code == 2
    assert printed in " ".join(done.output.replace("│", " ").split())


def test_a_failed_program_shows_only_its_error(
    backed: Backed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_stack: object) -> list[refresh.Difference]:
        progress = "Previewing update (staging):\n ~ aws:s3:Bucket a refreshing"
        raise automation.CommandError(
            CommandResult(f"{progress}\nDiagnostics:\n  error: change this", "warning: a", 1)
        )

    monkeypatch.setattr(refresh, "preview", fails)
    with pytest.raises(typer.Exit) as ended:
        run(Action.REFRESH, backed)
    assert ended.value.exit_code == 1
    reported = capsys.readouterr().err
    assert reported.startswith("Failed: error: change this")
    assert "refreshing" not in reported

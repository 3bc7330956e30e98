"""Invalid arguments and a failing environment end in one sentence, without a write."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from typer.testing import CliRunner, Result

import audit_fixtures
import command_tree
import plugin_stand_ins
import staging_fixtures
from arbor.__main__ import app
from command_table import INTERACTIVE, INVALID, PARTIAL, VALID, Invalid
from emulated_account import configure
from pulumi_moto import correction
from recorded_calls import Answer, Recording, error, recording, success

COMMANDS = command_tree.commands()
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
REGION = {"AWS_DEFAULT_REGION": "eu-central-1"}
IDENTITY = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "UserId": "x"}
DENIED = {"ec2": "UnauthorizedOperation", "ecs": "AccessDeniedException"}
"""By service; the others return AccessDenied."""


EXPIRED = {"ec2": "RequestExpired", "query": "ExpiredToken", "rest-xml": "ExpiredToken"}
"""By service or protocol; those with JSON return ExpiredTokenException."""


def _expired(model: Any) -> tuple[Any, Any]:
    service = model.service_model
    code = EXPIRED.get(service.service_name) or EXPIRED.get(service.metadata["protocol"])
    return error(code or "ExpiredTokenException", 403)


def _denied(model: Any) -> tuple[Any, Any]:
    """GetCallerIdentity requires no permission."""
    if model.name == "GetCallerIdentity":
        return success(**IDENTITY)
    protocol = model.service_model.metadata["protocol"]
    other = "AccessDenied" if protocol == "query" else "AccessDeniedException"
    return error(DENIED.get(model.service_model.service_name, other), 403)


def _unreached(_: Any) -> tuple[Any, Any]:
    return None, EndpointConnectionError(endpoint_url="https://nowhere")


def _never(model: Any) -> tuple[Any, Any]:
    raise AssertionError(f"{model.name} was called")


def empty_account() -> AbstractContextManager[Any]:
    correction.apply()
    return mock_aws()


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failure of the environment, for every command."""

    name: str
    codes: frozenset[int]
    message: str
    """A pattern of the message, in lower case."""
    words: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=lambda: CREDENTIALS | REGION)
    answer: Answer | None = _never
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    fails_all: bool = True
    """Whether commands with a partial result fail, too."""


FAILURES = (
    Failure(
        name="unknown stack", codes=frozenset({2}), message="nowhere", words=("--stack", "nowhere")
    ),
    Failure(
        name="no credentials", codes=frozenset({1}), message="aws sso login", environment=REGION
    ),
    Failure(
        name="no such profile",
        codes=frozenset({1}),
        message="aws_profile",
        environment={**REGION, "AWS_PROFILE": "missing"},
    ),
    Failure(
        name="no region",
        codes=frozenset({1}),
        message=r"you must specify a region\. set aws_region to the stack's region\.",
        environment=CREDENTIALS,
    ),
    Failure(
        name="expired credentials", codes=frozenset({1}), message="sign in again", answer=_expired
    ),
    Failure(
        name="no permission",
        codes=frozenset({1}),
        message="lacks this permission",
        answer=_denied,
        fails_all=False,
    ),
    Failure(
        name="no network", codes=frozenset({1}), message="check the network", answer=_unreached
    ),
    Failure(
        name="invalid region",
        codes=frozenset({1, 3}),
        message="staging|region",
        answer=None,
        around=empty_account,
        fails_all=False,
    ),
)


CASES = [
    pytest.param(name, failure, id=f"{name}: {failure.name}")
    for name in VALID
    for failure in FAILURES
]


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove the machine's AWS configuration, and block the network."""
    for name in (*CREDENTIALS, "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", *REGION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    plugin_stand_ins.install(tmp_path, monkeypatch, "raise SystemExit('it was started')")

    def out(*_: object, **__: object) -> None:
        raise AssertionError("a way out")

    monkeypatch.setattr("urllib.request.urlopen", out)
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", out)


def run(words: list[str]) -> Result:
    return CliRunner().invoke(app, words)


def is_one_sentence(done: Result) -> bool:
    """Whether the command ended with a message on standard error, without a traceback."""
    by_exit = done.exception is None or isinstance(done.exception, SystemExit)
    return by_exit and bool(done.stderr.strip()) and "Traceback" not in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_table(name: str) -> None:
    assert name in VALID, (
        f"packages/arbor/tests/support/command_table.py: give `{name}` arguments that are right"
    )
    command = COMMANDS[name]
    assert ("--yes" in command.options) is ("--dry-run" in command.options)
    if not command.writes and name not in INTERACTIVE:
        assert "--json" in command.options
    assert "--stack" in command.options


def test_every_command_of_the_table_exists() -> None:
    assert set(VALID) | PARTIAL | INTERACTIVE <= set(COMMANDS)


@pytest.mark.parametrize(("name", "failure"), CASES)
def test_a_failing_environment_is_one_sentence_and_writes_nothing(
    name: str, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in failure.environment.items():
        monkeypatch.setenv(variable, value)
    ways = [["--yes"], ["--dry-run"]] if COMMANDS[name].writes else [[]]
    for way in ways:
        words = [*name.split(), *VALID[name].split(), *way]
        with failure.around(), recording(failure.answer) as seen:
            done = run([*words, *(failure.words or ("--stack", "staging"))])
        if name in PARTIAL and not failure.fails_all:
            assert done.exit_code == 0
            assert done.stdout.strip()
        else:
            assert is_one_sentence(done), done.output
            assert done.exit_code in failure.codes, done.output
            assert re.search(failure.message, " ".join(done.stderr.lower().split()))
        lock_is_released(seen, failure)


def lock_is_released(seen: Recording, failure: Failure) -> None:
    """The lock was released, or never taken without responses of AWS."""
    if failure.answer is None:
        assert seen.locks() in ([], ["ssm:PutParameter", "ssm:DeleteParameter"])


@pytest.fixture(scope="module")
def staging() -> Iterator[None]:
    with staging_fixtures.staging() as made:
        audit_fixtures.tidy(made)
        yield


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize("invalid", INVALID, ids=lambda one: one.words[:80])
def test_a_wrong_value_is_one_sentence_and_writes_nothing(
    invalid: Invalid, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch)
    stack = ["--stack", "staging"] if invalid.calls != frozenset() else []
    with recording() as seen:
        done = run([*invalid.words.split(), *stack])
    assert is_one_sentence(done), done.output
    assert done.exit_code == invalid.code, done.output
    # typer draws a box around its message, which breaks lines.
    text = " ".join(done.stderr.replace("│", " ").split())
    assert invalid.message in text
    assert invalid.calls is None or {call.operation for call in seen.calls} <= invalid.calls

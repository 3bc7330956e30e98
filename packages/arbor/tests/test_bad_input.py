"""Whatever is wrong around a command, it ends with one sentence and 1 to 3, and wrote nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws
from typer.testing import CliRunner, Result

import audit_world
import command_tree
import operations_world
import plugin_world
from arbor.__main__ import app
from asked_wire import Answer, Asked, asked, error, success
from command_table import NEITHER, RIGHT, TELLS_WHAT_IT_CAN, WRONG, Wrong
from pulumi_moto import correction, corrections

COMMANDS = command_tree.commands()
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
REGION = {"AWS_DEFAULT_REGION": "eu-central-1"}
NOBODY = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "UserId": "x"}
DENIED = {"ec2": "UnauthorizedOperation", "ecs": "AccessDeniedException"}
"""By the service; the others say AccessDenied."""


EXPIRED = {"ec2": "RequestExpired", "query": "ExpiredToken", "rest-xml": "ExpiredToken"}
"""By the service or its protocol; those that speak JSON say ExpiredTokenException."""


def _expired(model: Any) -> tuple[Any, Any]:
    service = model.service_model
    code = EXPIRED.get(service.service_name) or EXPIRED.get(service.metadata["protocol"])
    return error(code or "ExpiredTokenException", 403)


def _denied(model: Any) -> tuple[Any, Any]:
    """Who somebody is may be asked by everybody."""
    if model.name == "GetCallerIdentity":
        return success(**NOBODY)
    protocol = model.service_model.metadata["protocol"]
    other = "AccessDenied" if protocol == "query" else "AccessDeniedException"
    return error(DENIED.get(model.service_model.service_name, other), 403)


def _unreached(_: Any) -> tuple[Any, Any]:
    return None, EndpointConnectionError(endpoint_url="https://nowhere")


def _never(model: Any) -> tuple[Any, Any]:
    raise AssertionError(f"{model.name} was asked")


def empty_account() -> AbstractContextManager[Any]:
    assert corrections  # imported for what it registers
    correction.apply()
    return mock_aws()


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that is wrong around every command alike."""

    name: str
    codes: frozenset[int]
    says: str
    """A pattern of what it says, in small letters."""
    words: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=lambda: CREDENTIALS | REGION)
    answer: Answer | None = _never
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    is_told_by_all: bool = True
    """Also by those commands that tell what they can."""


TROUBLES = (
    Trouble(
        name="unknown stack", codes=frozenset({2}), says="nowhere", words=("--stack", "nowhere")
    ),
    Trouble(name="no credentials", codes=frozenset({1}), says="aws sso login", environment=REGION),
    Trouble(
        name="no such profile",
        codes=frozenset({1}),
        says="aws_profile",
        environment={**REGION, "AWS_PROFILE": "nobody"},
    ),
    Trouble(
        name="no region",
        codes=frozenset({1}),
        says="aws_region",
        environment=CREDENTIALS,
    ),
    Trouble(
        name="expired credentials", codes=frozenset({1}), says="sign in again", answer=_expired
    ),
    Trouble(
        name="no permission",
        codes=frozenset({1}),
        says="lacks this permission",
        answer=_denied,
        is_told_by_all=False,
    ),
    Trouble(name="no network", codes=frozenset({1}), says="check the network", answer=_unreached),
    Trouble(
        name="wrong region",
        codes=frozenset({1, 3}),
        says="staging|region",
        answer=None,
        around=empty_account,
        is_told_by_all=False,
    ),
)


CASES = [
    pytest.param(name, trouble, id=f"{name}: {trouble.name}")
    for name in RIGHT
    for trouble in TROUBLES
]


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of whoever runs the tests, and no way out."""
    for name in (*CREDENTIALS, "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", *REGION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    plugin_world.install(tmp_path, monkeypatch, "raise SystemExit('it was started')")

    def out(*_: object, **__: object) -> None:
        raise AssertionError("a way out")

    monkeypatch.setattr("urllib.request.urlopen", out)
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", out)


def run(words: list[str]) -> Result:
    return CliRunner().invoke(app, words)


def is_one_sentence(done: Result) -> bool:
    """Told where errors go, by the program and not by Python."""
    by_exit = done.exception is None or isinstance(done.exception, SystemExit)
    return by_exit and bool(done.stderr.strip()) and "Traceback" not in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_line_in_the_table(name: str) -> None:
    assert name in RIGHT, (
        f"packages/arbor/tests/support/command_table.py: give `{name}` arguments that are right"
    )
    command = COMMANDS[name]
    assert ("--yes" in command.options) is ("--dry-run" in command.options)
    if not command.writes and name not in NEITHER:
        assert "--json" in command.options
    assert "--stack" in command.options


def test_the_table_names_no_command_that_is_gone() -> None:
    assert set(RIGHT) | TELLS_WHAT_IT_CAN | NEITHER <= set(COMMANDS)


@pytest.mark.parametrize(("name", "trouble"), CASES)
def test_trouble_around_a_command_is_one_sentence_and_writes_nothing(
    name: str, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in trouble.environment.items():
        monkeypatch.setenv(variable, value)
    ways = [["--yes"], ["--dry-run"]] if COMMANDS[name].writes else [[]]
    for way in ways:
        words = [*name.split(), *RIGHT[name].split(), *way]
        with trouble.around(), asked(trouble.answer) as seen:
            done = run([*words, *(trouble.words or ("--stack", "staging"))])
        if name in TELLS_WHAT_IT_CAN and not trouble.is_told_by_all:
            assert done.exit_code == 0
            assert done.stdout.strip()
        else:
            assert is_one_sentence(done), done.output
            assert done.exit_code in trouble.codes, done.output
            assert re.search(trouble.says, " ".join(done.stderr.lower().split()))
        left_alone(seen, trouble)


def left_alone(seen: Asked, trouble: Trouble) -> None:
    """A lock that was taken was given back; where AWS answers nothing, it was not taken."""
    if trouble.answer is None:
        assert seen.locks() in ([], ["ssm:PutParameter", "ssm:DeleteParameter"])


@pytest.fixture(scope="module")
def staging() -> Iterator[None]:
    with operations_world.world() as made:
        audit_world.tidy(made)
        yield


@contextmanager
def as_an_operator() -> Iterator[None]:
    """Of staging's account and region."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in (CREDENTIALS | {"AWS_DEFAULT_REGION": "us-east-1"}).items():
            patch.setenv(variable, value)
        yield


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: one.words)
def test_a_wrong_value_is_one_sentence_and_writes_nothing(wrong: Wrong) -> None:
    stack = ["--stack", "staging"] if wrong.asks != frozenset() else []
    with as_an_operator(), asked() as seen:
        done = run([*wrong.words.split(), *stack])
    assert is_one_sentence(done), done.output
    assert done.exit_code == wrong.code, done.output
    # A box is drawn around what typer says, in whose lines a sentence is broken.
    said = " ".join(done.stderr.replace("│", " ").split())
    assert wrong.says in said
    assert wrong.asks is None or {call.operation for call in seen.calls} <= wrong.asks

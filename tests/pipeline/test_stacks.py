"""A stack is opened in its own region and account; each missing prerequisite is one sentence."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from moto import mock_aws
from pulumi import automation

from arbor_names import naming
from engine import stack_file
from pipeline import stacks
from pipeline.stacks import AnotherAccountError, NoStackError, WrongRegionError, in_aws

STACK = "staging"
OWN = stack_file.stack_config(STACK)
REGION, ACCOUNT = "eu-central-1", "123456789012"
"""moto's account."""


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The stack's file, with another region than the committed one, which other tests use."""
    values = {**OWN, "aws:region": REGION}
    values |= {"arbor:accountId": ACCOUNT, "aws:allowedAccountIds": [ACCOUNT]}
    monkeypatch.setattr(stack_file, "stack_config", lambda _stack: values)
    for name in stacks.REGION_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(stacks, "_command", lambda: None)
    selects(monkeypatch, None)
    return values


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def selects(monkeypatch: pytest.MonkeyPatch, stderr: str | None) -> None:
    """The engine opens the stack, or ends with this on its stderr."""

    def select(*, stack_name: str, **_: object) -> Any:
        if stderr is not None:
            raise automation.CommandError(
                automation.CommandResult(stdout="", stderr=stderr, code=255)
            )
        return SimpleNamespace(name=stack_name)

    monkeypatch.setattr(automation, "select_stack", select)


@pytest.mark.parametrize("variable", [None, *stacks.REGION_VARIABLES])
def test_clients_have_the_region_of_the_stacks_file(
    monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    if variable:
        monkeypatch.setenv(variable, REGION)
    with in_aws(STACK) as opened:
        assert opened.account.client("ecs").meta.region_name == REGION


def test_an_empty_region_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "")
    with in_aws(STACK) as opened:
        assert opened.account.client("ecs").meta.region_name == REGION


@pytest.mark.parametrize("variable", stacks.REGION_VARIABLES)
def test_another_region_in_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "us-west-2")
    with pytest.raises(WrongRegionError) as refused, in_aws(STACK):
        pass
    assert str(refused.value) == (
        f"{variable} is us-west-2, and aws:region in Pulumi.staging.yaml is {REGION}. Run "
        f"`export AWS_REGION={REGION}`."
    )


def test_aws_region_comes_before_aws_default_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    with in_aws(STACK) as opened:
        assert opened.account.client("ecs").meta.region_name == REGION


def test_credentials_of_another_account_are_refused(config: dict[str, Any]) -> None:
    config |= {"arbor:accountId": "210987654321", "aws:allowedAccountIds": ["210987654321"]}
    with pytest.raises(AnotherAccountError, match=f"are of account {ACCOUNT}"), in_aws(STACK):
        pass


def test_a_stack_file_without_an_account_is_refused(config: dict[str, Any]) -> None:
    del config["arbor:accountId"]
    with pytest.raises(WrongRegionError, match="arbor:accountId is not set"), in_aws(STACK):
        pass


def test_missing_credentials_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsigned(*_: object, **__: object) -> Any:
        raise NoCredentialsError

    client = SimpleNamespace(get_caller_identity=unsigned)
    account = SimpleNamespace(stack=STACK, client=lambda _service: client)
    monkeypatch.setattr(stacks, "connect", lambda _stack, **_: account)
    with pytest.raises(NoStackError) as ended, in_aws(STACK):
        pass
    assert str(ended.value) == stacks.NO_CREDENTIALS


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
            (
                "No backend is selected: run "
                f"`pulumi login '{naming.state_backend(STACK, ACCOUNT, REGION)}'`."
            ),
        ),
        (
            (
                "SDK 2026/11/28 04:00:00 WARN falling back to IMDSv1: operation error\n"
                "error: failed to refresh cached credentials, no EC2 IMDS role found"
            ),
            stacks.NO_CREDENTIALS,
        ),
        ("error: the lock is broken", f"{STACK} can't be opened: error: the lock is broken"),
    ],
)
def test_each_missing_prerequisite_of_the_engine_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, stderr: str, message: str
) -> None:
    selects(monkeypatch, stderr)
    with pytest.raises(NoStackError) as ended, in_aws(STACK):
        pass
    assert str(ended.value) == message
    assert ended.value.exit_code == 1

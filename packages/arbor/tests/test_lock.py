"""Two operators at once: the second is told who is at what, and writes nothing."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from arbor import lock
from arbor.account import Account
from arbor.procedure import Refused

NAME = "/arbor/staging/operation"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Account(
            stack="staging", client=lambda name: boto3.client(name, region_name="us-east-1")
        )


def left_by(account: Account, **changed: object) -> lock.Holder:
    """The lock as another process left it."""
    me = lock.holder(account, "rotate-password")
    other = replace(me, token="another", **changed)  # type: ignore[arg-type] # of any field
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(asdict(other)), Type="String")
    return other


def at_work(account: Account) -> str | None:
    ssm = account.client("ssm")
    try:
        value = ssm.get_parameter(Name=NAME)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return str(json.loads(value)["what"])


def test_whoever_works_is_written_down_and_afterwards_nobody_is(account: Account) -> None:
    with lock.held(account, "release v1.2.3"):
        assert at_work(account) == "release v1.2.3"
    assert at_work(account) is None


def test_it_is_given_back_when_the_work_fails(account: Account) -> None:
    with pytest.raises(KeyError), lock.held(account, "release v1.2.3"):
        raise KeyError
    assert at_work(account) is None


def test_the_second_is_told_who_is_at_what_since_when(account: Account) -> None:
    other = left_by(account, host="laptop-7", person="mira", since="2026-11-24 03:01:02 UTC")
    with pytest.raises(Refused, match=r"`rotate-password` by mira on laptop-7 .*03:01:02") as told:
        lock.held(account, "release v1.2.3").__enter__()
    assert other.by in str(told.value)
    assert "--take-over" in str(told.value)
    assert at_work(account) == "rotate-password"


def test_a_process_of_this_machine_that_runs_is_not_overtaken(account: Account) -> None:
    left_by(account, process=os.getpid())
    with pytest.raises(Refused, match="rotate-password"):
        lock.held(account, "release v1.2.3").__enter__()


def test_a_process_of_this_machine_that_has_gone_is_forgotten(
    account: Account, gone: Callable[[], int]
) -> None:
    left_by(account, process=gone())
    with lock.held(account, "release v1.2.3"):
        assert at_work(account) == "release v1.2.3"
    assert at_work(account) is None


def test_of_another_machine_nobody_can_know(account: Account, gone: Callable[[], int]) -> None:
    left_by(account, process=gone(), host="laptop-7")
    with pytest.raises(Refused):
        lock.held(account, "release v1.2.3").__enter__()
    with lock.held(account, "release v1.2.3", take_over=True):
        assert at_work(account) == "release v1.2.3"


def test_of_two_that_take_over_at_once_one_is_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by(account, host="laptop-7")
    read = lock.current

    def read_and_be_overtaken(where: Account) -> tuple[lock.Holder, int] | None:
        seen = read(where)
        quicker = json.dumps(asdict(replace(lock.holder(account, "the quicker"), token="quicker")))
        account.client("ssm").put_parameter(Name=NAME, Value=quicker, Type="String", Overwrite=True)
        return seen

    monkeypatch.setattr(lock, "current", read_and_be_overtaken)
    with pytest.raises(Refused, match="somebody else took over"):
        lock.held(account, "the slower", take_over=True).__enter__()


def test_our_own_lock_whose_answer_was_lost_is_ours(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = lock.holder(account, "release v1.2.3")
    monkeypatch.setattr(lock, "holder", lambda *_: me)
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(asdict(me)), Type="String")
    with lock.held(account, "release v1.2.3"):
        assert at_work(account) == "release v1.2.3"
    assert at_work(account) is None


def test_a_lock_that_cannot_be_given_back_fails_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def throttled(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteParameter")

    monkeypatch.setattr(lock, "_give_back", throttled)
    with lock.held(account, "release v1.2.3"):
        pass
    assert "could not be given back" in capsys.readouterr().err

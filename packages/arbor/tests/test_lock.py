"""The operation lock: one writing command at a time in a stack."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import command_tree
from arbor import lock
from arbor.account import Account
from arbor.procedure import Refused

NAME = "/arbor/staging/operation"


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account(stack="staging", client=boto3.client)


def left_by(account: Account, **changed: object) -> lock.Holder:
    """A lock that another process left."""
    me = lock.holder(account, "rotate-password")
    other = replace(me, token="another", **changed)  # type: ignore[arg-type] # of any field
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(asdict(other)), Type="String")
    return other


def stored(account: Account) -> str | None:
    """Command and arguments in the stored lock."""
    ssm = account.client("ssm")
    try:
        value = ssm.get_parameter(Name=NAME)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    found = json.loads(value)
    return " ".join((found["command"], *found["arguments"]))


def test_the_lock_names_the_command_while_it_runs(account: Account) -> None:
    with lock.held(account, "release v1.2.3"):
        assert stored(account) == "release v1.2.3"
    assert stored(account) is None


def test_a_failed_command_releases_the_lock(account: Account) -> None:
    with pytest.raises(KeyError), lock.held(account, "release v1.2.3"):
        raise KeyError
    assert stored(account) is None


def test_a_running_process_of_this_machine_keeps_the_lock(account: Account) -> None:
    left_by(account, process=os.getpid())
    with pytest.raises(Refused, match="rotate-password"):
        lock.held(account, "release v1.2.3").__enter__()


def test_an_exited_process_of_this_machine_loses_the_lock(
    account: Account, gone: Callable[[], int]
) -> None:
    left_by(account, process=gone())
    with lock.held(account, "release v1.2.3"):
        assert stored(account) == "release v1.2.3"
    assert stored(account) is None


def test_a_lock_of_another_machine_requires_take_over(
    account: Account, gone: Callable[[], int]
) -> None:
    left_by(account, process=gone(), host="laptop-7")
    with pytest.raises(Refused):
        lock.held(account, "release v1.2.3").__enter__()
    with lock.held(account, "release v1.2.3", take_over=True):
        assert stored(account) == "release v1.2.3"


def test_one_of_two_simultaneous_take_overs_is_refused(
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
    with pytest.raises(Refused, match="another command took over"):
        lock.held(account, "the slower", take_over=True).__enter__()


def test_a_repeated_call_recognises_its_own_lock(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = lock.holder(account, "release v1.2.3")
    monkeypatch.setattr(lock, "holder", lambda *_: me)
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(asdict(me)), Type="String")
    with lock.held(account, "release v1.2.3"):
        assert stored(account) == "release v1.2.3"
    assert stored(account) is None


def test_a_failed_release_is_a_warning(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def throttled(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteParameter")

    monkeypatch.setattr(lock, "_release", throttled)
    with lock.held(account, "release v1.2.3"):
        pass
    assert "was not released" in capsys.readouterr().err


OLD = {
    "what": "database snapshot arbor-staging-manual-20260127-120000",
    "by": "arn:aws:iam::123456789012:user/mira",
    "person": "mira",
    "host": "laptop-7",
    "process": 1,
    "since": "2026-01-27 12:00:00 UTC",
    "token": "another",
}


def test_a_lock_in_the_earlier_format_is_read(account: Account) -> None:
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(OLD), Type="String")
    seen = lock.current(account)
    assert seen is not None
    assert (seen[0].command, seen[0].arguments) == (
        "database snapshot",
        ("arbor-staging-manual-20260127-120000",),
    )
    with pytest.raises(Refused, match=r"`database snapshot arbor-\S+` by mira on laptop-7"):
        lock.held(account, "release v1.2.3").__enter__()


def test_a_lock_with_further_fields_is_read(account: Account) -> None:
    newer = {**asdict(lock.holder(account, "release v1.2.3")), "region": "us-east-1"}
    account.client("ssm").put_parameter(Name=NAME, Value=json.dumps(newer), Type="String")
    seen = lock.current(account)
    assert seen is not None
    assert (seen[0].command, seen[0].arguments) == ("release", ("v1.2.3",))


def test_each_group_with_a_writing_command_is_listed() -> None:
    writers = [name.split() for name, one in command_tree.commands().items() if one.writes]
    assert {words[0] for words in writers if len(words) > 1} == lock.GROUPS

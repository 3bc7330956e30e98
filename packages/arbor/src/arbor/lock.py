"""One writing command at a time in each stack, by a lock that names its holder.

The lock is a parameter in Systems Manager, which creates one atomically unless it exists.
docs/decisions/operation-lock.md gives the reasons.
"""

import getpass
import json
import os
import platform
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from arbor import screen
from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming

GROUPS = frozenset({"bluegreen", "cache", "database", "logs"})
"""Command groups with a writing command, whose name is two words."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The command that holds the lock, and the process that runs it; stored as JSON."""

    command: str
    """Without `arbor`, such as `release` or `database snapshot`."""
    arguments: tuple[str, ...] = ()
    arn: str
    """The caller's ARN, as STS returns it."""
    user: str
    host: str
    process: int
    since: str
    """A time in UTC, as printed."""
    token: str
    """Distinguishes two runs of the same command in one process."""

    def has_exited(self, me: "Holder") -> bool:
        """Whether its process ran on this machine and has exited; False on another machine."""
        if (self.host, self.user) != (me.host, me.user):
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    @property
    def sentence(self) -> str:
        """Command, user, machine and start."""
        line = " ".join((self.command, *self.arguments))
        return f"`{line}` by {self.user} on {self.host} ({self.arn}) since {self.since}"


def holder(account: Account, line: str) -> Holder:
    """A holder for this process; `line` is its command with arguments, without `arbor`."""
    command, arguments = _split(line)
    return Holder(
        command=command,
        arguments=arguments,
        arn=account.client("sts").get_caller_identity()["Arn"],
        user=getpass.getuser(),
        host=platform.node(),
        process=os.getpid(),
        since=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        token=uuid.uuid4().hex,
    )


@contextmanager
def held(account: Account, line: str, *, take_over: bool = False) -> Iterator[None]:
    """Hold the lock in the block. Raises Refused, with the holder, while another command has it.

    The lock is released however the block ends. A killed process leaves it: the next command on
    the same machine takes it over; on another machine that requires `take_over`.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    me = holder(account, line)
    _acquire(account, me, take_over=take_over)
    try:
        yield
    finally:
        try:
            _release(account, me)
        except (BotoCoreError, ClientError) as error:
            # The command's own outcome stands.
            screen.warn(
                f"The lock of {account.stack} was not released: {error}. Add --take-over to the "
                "next command if it is refused."
            )


def _acquire(account: Account, me: Holder, *, take_over: bool) -> None:
    ssm, name = account.client("ssm"), naming.operation_lock(account.stack)
    value = json.dumps(asdict(me))
    try:
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=False)
    except ssm.exceptions.ParameterAlreadyExists:
        pass
    else:
        return
    seen = current(account)
    if seen is None:
        _acquire(account, me, take_over=take_over)  # released since
        return
    other, version = seen
    if other.token == me.token:
        return  # the first call took effect, and its response was lost
    if not (take_over or other.has_exited(me)):
        raise Refused(
            f"{other.sentence} is in progress in {account.stack}. Wait until it ends; if it no "
            "longer runs, add --take-over."
        )
    now = ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)["Version"]
    if now != version + 1:
        # A third command had taken the lock over, and this write replaced its value.
        raise Refused(
            f"another command took over from {other.sentence} at the same time. Run "
            f"`{account.typed('arbor status')}` to see whether it still runs."
        )


def _release(account: Account, me: Holder) -> None:
    seen = current(account)
    if seen is not None and seen[0].token == me.token:
        ssm = account.client("ssm")
        try:
            ssm.delete_parameter(Name=naming.operation_lock(account.stack))
        except ssm.exceptions.ParameterNotFound:
            return  # a repeated call


def current(account: Account) -> tuple[Holder, int] | None:
    """The lock's holder and the parameter's version; None while the lock is free."""
    ssm = account.client("ssm")
    try:
        found = ssm.get_parameter(Name=naming.operation_lock(account.stack))["Parameter"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return _parse(json.loads(found["Value"])), int(found["Version"])


def _parse(stored: Mapping[str, Any]) -> Holder:
    """A holder, also in the earlier format with `what`, `by` and `person`."""
    if "what" in stored:
        command, arguments = _split(stored["what"])
        stored = {
            **stored,
            "command": command,
            "arguments": arguments,
            "arn": stored["by"],
            "user": stored["person"],
        }
    known = {one.name: stored[one.name] for one in fields(Holder)}
    return Holder(**{**known, "arguments": tuple(known["arguments"])})


def _split(line: str) -> tuple[str, tuple[str, ...]]:
    """Command and arguments."""
    words = line.split(" ")
    size = 2 if words[0] in GROUPS else 1
    return " ".join(words[:size]), tuple(words[size:])

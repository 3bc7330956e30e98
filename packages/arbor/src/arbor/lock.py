"""One command that writes at a time in each stack: who is at it, and what they do.

The lock is a parameter in Systems Manager, for creating one without overwriting is atomic there.
docs/decisions/operation-lock.md says why.
"""

import getpass
import json
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from arbor import screen
from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who works, at what; kept in the lock as JSON."""

    what: str
    """Such as `release v1.2.3`."""
    by: str
    """The ARN that AWS knows them by."""
    person: str
    host: str
    process: int
    since: str
    token: str
    """Tells two holders apart that are alike in everything else."""

    def has_gone(self, me: "Holder") -> bool:
        """Whether it was a process of this machine that doesn't run any more."""
        if (self.host, self.person) != (me.host, me.person):
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def told(self) -> str:
        return f"`{self.what}` by {self.person} on {self.host} ({self.by}) since {self.since}"


def holder(account: Account, what: str) -> Holder:
    """Who this process is."""
    return Holder(
        what=what,
        by=account.client("sts").get_caller_identity()["Arn"],
        person=getpass.getuser(),
        host=platform.node(),
        process=os.getpid(),
        since=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        token=uuid.uuid4().hex,
    )


@contextmanager
def held(account: Account, what: str, *, take_over: bool = False) -> Iterator[None]:
    """Work alone. Raises Refused, with who is at it, when somebody else is.

    Whatever the end, the lock is given back; only a killed process leaves it, and the next one on
    the same machine sees that it has gone. From another machine it takes `take_over`.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    me = holder(account, what)
    _take(account, me, take_over=take_over)
    try:
        yield
    finally:
        try:
            _give_back(account, me)
        except (BotoCoreError, ClientError) as error:
            # The work is what it is: done or failed.
            screen.warn(f"The lock of {account.stack} could not be given back: {error}.")


def _take(account: Account, me: Holder, *, take_over: bool) -> None:
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
        _take(account, me, take_over=take_over)  # given back this moment
        return
    other, version = seen
    if other.token == me.token:
        return  # our first call did take effect; its answer was lost
    if not (take_over or other.has_gone(me)):
        raise Refused(
            f"{other.told()} is in progress in {account.stack}. Wait until it has ended. When you "
            "know that it isn't running any more, add --take-over."
        )
    now = ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)["Version"]
    if now != version + 1:
        # Theirs is overwritten; they find that out when they give it back, and leave it.
        raise Refused(f"somebody else took over {other.told()} at the same moment; look again.")


def _give_back(account: Account, me: Holder) -> None:
    seen = current(account)
    if seen is not None and seen[0].token == me.token:
        ssm = account.client("ssm")
        try:
            ssm.delete_parameter(Name=naming.operation_lock(account.stack))
        except ssm.exceptions.ParameterNotFound:
            return  # a repeated call


def current(account: Account) -> tuple[Holder, int] | None:
    """Who works in the stack now, and the version of the lock that says so."""
    ssm = account.client("ssm")
    try:
        found = ssm.get_parameter(Name=naming.operation_lock(account.stack))["Parameter"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return Holder(**json.loads(found["Value"])), int(found["Version"])

"""A stack, and the AWS clients of its account."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from arbor_names import naming

if TYPE_CHECKING:
    from arbor.clients import Clients

ATTEMPTS = 10
QUICK_ATTEMPTS, QUICK_SECONDS = 3, 10
"""For commands that only read, so that an unreadable part is reported soon."""
PARALLEL = 10
"""Calls at a time: the size of botocore's connection pool."""
T = TypeVar("T")
Other = TypeVar("Other")
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
PRODUCTION = "production"
"""The stack of a command without `--stack`."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A stack's account; finds resources by the runbook's names and by tags."""

    stack: str
    client: "Clients"
    """A boto3 client by service name."""

    @property
    def cluster(self) -> str:
        return naming.cluster(self.stack)

    def typed(self, command: str) -> str:
        """A command of `arbor` as an operator of this stack types it."""
        return typed(command, self.stack)


def typed(command: str, stack: str) -> str:
    """A command of `arbor` for a stack; without `--stack` it would act on production."""
    return command if stack == PRODUCTION else f"{command} --stack {stack}"


def unless_denied(read: Callable[[], T | None]) -> T | None:
    """The result of a read; None without permission for it. Raises ClientError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return None
        raise


def connect(stack: str, *, region: str | None = None, quick: bool = False) -> Account:
    """The account of the usual AWS configuration: environment, profile, instance role.

    `region` overrides the environment's and the profile's. `quick` retries less and has short
    time-outs, for commands that only read and report unreadable parts. Raises NoRegionError.
    """
    import boto3  # noqa: PLC0415 - slow, and --help is fast
    from botocore.config import Config  # noqa: PLC0415 - as above
    from botocore.exceptions import NoRegionError  # noqa: PLC0415 - as above

    # The AWS CLI reads AWS_REGION first; boto3 alone would not read it at all.
    session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
    if session.region_name is None:
        raise NoRegionError  # STS and IAM work without one, and the next service would fail
    config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})
    if quick:
        config = Config(
            retries={"mode": "standard", "max_attempts": QUICK_ATTEMPTS},
            connect_timeout=QUICK_SECONDS,
            read_timeout=QUICK_SECONDS,
        )
    made: dict[str, Any] = {}
    making = threading.Lock()  # clients are thread-safe, and a session isn't

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        with making:
            if service not in made:
                made[service] = session.client(service, config=config)
                # If two threads load it lazily, each gets its own classes and can't catch the
                # other's errors.
                assert made[service].exceptions
            return made[service]

    return Account(stack=stack, client=client)


def together(*calls: Callable[[], T]) -> list[T]:
    """The results of parallel calls. Raises the first error."""
    with ThreadPoolExecutor(max_workers=PARALLEL) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def both(first: Callable[[], T], second: Callable[[], Other]) -> tuple[T, Other]:
    """The results of two calls of different types, made at the same time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        one, other = pool.submit(first), pool.submit(second)
        return one.result(), other.result()

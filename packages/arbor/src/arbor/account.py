"""Where a procedure works: one stack, and the AWS clients of its account."""

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
"""For commands that only read: a part that can't be read shows sooner."""
SIDE_BY_SIDE = 10
"""As many connections as botocore keeps."""
T = TypeVar("T")
Other = TypeVar("Other")
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
PRODUCTION = "production"
"""The stack of a command without `--stack`."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Resources are found by the runbook's names and by tags, without Pulumi's state."""

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
    """The answer of a read; None without permission for it. Raises ClientError."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow, and --help is fast

    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return None
        raise


def connect(stack: str, *, region: str | None = None, quick: bool = False) -> Account:
    """The account of the usual AWS configuration: environment, profile, instance role.

    `region` takes the place of the one that the environment or the profile names. `quick` gives up
    sooner, for what only reads and shows what it could not read. Raises NoRegionError.
    """
    import boto3  # noqa: PLC0415 - slow, and --help is fast
    from botocore.config import Config  # noqa: PLC0415 - as above
    from botocore.exceptions import NoRegionError  # noqa: PLC0415 - as above

    # The AWS CLI reads AWS_REGION first; boto3 alone would not read it at all.
    session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
    if session.region_name is None:
        raise NoRegionError  # STS and IAM would answer without one, and the next service would not
    config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})
    if quick:
        config = Config(
            retries={"mode": "standard", "max_attempts": QUICK_ATTEMPTS},
            connect_timeout=QUICK_SECONDS,
            read_timeout=QUICK_SECONDS,
        )
    made: dict[str, Any] = {}
    making = threading.Lock()  # a session is not for two threads; its clients are

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        with making:
            if service not in made:
                made[service] = session.client(service, config=config)
                # Loaded lazily, two threads would get classes of their own, and neither would
                # catch what the other's call raised.
                assert made[service].exceptions
            return made[service]

    return Account(stack=stack, client=client)


def together(*calls: Callable[[], T]) -> list[T]:
    """The results of parallel calls. Raises the first error."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def both(first: Callable[[], T], second: Callable[[], Other]) -> tuple[T, Other]:
    """The results of two calls of different types, made at the same time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        one, other = pool.submit(first), pool.submit(second)
        return one.result(), other.result()

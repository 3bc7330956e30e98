"""Where a procedure works: one stack, and the AWS clients of its account."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import naming

APPS = ("backend", "frontend")
"""In the order in which they are released: a page of the new frontend finds the new API."""
ATTEMPTS = 10


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything in it is found by the runbook's names, nothing by Pulumi's state."""

    stack: str
    client: Callable[[str], Any]
    """A boto3 client by service name."""

    @property
    def cluster(self) -> str:
        return naming.cluster(self.stack)


def connect(stack: str) -> Account:
    """The account of the usual AWS configuration: environment, profile, instance role."""
    import boto3  # noqa: PLC0415 - slow, and --help is fast
    from botocore.config import Config  # noqa: PLC0415 - as above

    session = boto3.Session()
    config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})

    @functools.cache
    def client(service: str) -> Any:  # noqa: ANN401 - boto3 clients carry no types
        return session.client(service, config=config)

    return Account(stack=stack, client=client)

"""An account that runs in another process: its AWS clients and its control paths.

Imports nothing of moto, which takes seconds.
"""

import functools
import threading
from collections.abc import Callable

import boto3
from botocore.config import Config

from pulumi_moto.row import Client

CONTROL = "/pulumi-moto/"
"""Prefix of the control paths, which AWS does not have: the clock, the registrar (name servers by
domain), the number of AWS calls, and a fork of the account.

`trouble` makes a later write fail (pulumi_moto/trouble.py).
`unserved` returns the observed outages (pulumi_moto/observer.py); `reset` clears them.
`machines`, `ended` and `logins` serve a process that runs the tasks (pulumi_moto/machines.py).
`attach` starts a provider for a fork, in this process: a forked process can't serve gRPC.
"""
PATHS = (
    *("clock", "registrar", "calls", "unserved", "trouble", "machines", "ended", "logins"),
    *("fork", "exit"),
    "attach (not in a fork)",
)
_MAKING = threading.Lock()
"""A boto3 session is not thread-safe; its clients are."""


def clients(endpoint: str, region: str) -> Callable[[str], Client]:
    """Return a factory of boto3 clients that reach this endpoint only."""

    @functools.cache
    def make(service: str) -> Client:
        return _session(region).client(
            service,
            endpoint_url=endpoint,
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def client_of(service: str) -> Client:
        with _MAKING:
            return make(service)

    return client_of


@functools.cache
def _session(region: str) -> boto3.Session:
    """One session for all accounts of this process: each new one parses AWS's service models."""
    return boto3.Session("testing", "testing", region_name=region)

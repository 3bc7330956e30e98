"""Every promise of bootstrap is tried in an account of its own."""

from collections.abc import Iterator

import pytest

import bootstrap_world
from bootstrap_world import Account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty one, for whoever has the usual AWS configuration, of another region than it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with bootstrap_world.world() as made:
        yield made


@pytest.fixture
def made(account: Account) -> Account:
    """All of it is there."""
    account.bootstrap()
    account.writes.clear()
    return account

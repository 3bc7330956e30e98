"""An account of its own for each test of bootstrap."""

from collections.abc import Iterator

import pytest

import bootstrap_fixtures
from bootstrap_fixtures import Account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, with an AWS configuration of another region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with bootstrap_fixtures.fresh_account() as made:
        yield made


@pytest.fixture
def made(account: Account) -> Account:
    """An account after a complete bootstrap."""
    account.bootstrap()
    account.writes.clear()
    return account

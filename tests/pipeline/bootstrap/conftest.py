"""An account of its own for each test of bootstrap."""

from collections.abc import Iterator

import pytest

import bootstrap_fixtures
from bootstrap_fixtures import Account
from emulated_account import configure


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, with an AWS configuration of another region."""
    configure(monkeypatch, AWS_DEFAULT_REGION="eu-west-1")
    with bootstrap_fixtures.fresh_account() as made:
        yield made


@pytest.fixture
def made(account: Account) -> Account:
    """An account after a complete bootstrap."""
    account.bootstrap()
    account.writes.clear()
    return account

"""A restored database takes over the stack's name, and Pulumi manages it as its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import missing
from arbor.account import Account
from arbor.database import backups, cut_over, restore
from arbor.database.secret import Credentials
from arbor.procedure import Run
from engine_stack import Deployed
from programs import captured
from pulumi_moto import aws_shim

CLI = aws_shim.find_aws()
pytestmark = pytest.mark.skipif(
    CLI is None or aws_shim.version(CLI) < (2,), reason=missing.needs("the AWS CLI v2", "awscli")
)
LIVE, RESTORED = "arbor-production-db", "arbor-production-db-restored"
INSTANCE = "aws:rds/instance:Instance"
BEFORE = f"{LIVE}-before"


class Session:
    """A connection for queries."""

    def execute(self, _query: str) -> None:
        return None


@contextmanager
def logged_in(_: Account, __: Credentials, name: str) -> Iterator[Session]:
    assert name == RESTORED
    yield Session()


def resource_id(stack: Deployed, name: str) -> str:
    return str(described(stack, name)["DbiResourceId"])


def described(stack: Deployed, name: str) -> dict[str, Any]:
    (found,) = stack.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return dict(found)


def reconcile(stack: Deployed, old: str, new: str) -> None:
    """`pulumi stack export`, the sed, and `pulumi stack import`."""
    exported = stack.deployment.stack.export_stack()
    text = exported.deployment
    assert text is not None
    exported.deployment = _replaced(text, old, new)
    stack.deployment.stack.import_stack(exported)


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(held, old, new) for key, held in value.items()}
    if isinstance(value, list):
        return [_replaced(held, old, new) for held in value]
    return value.replace(old, new) if isinstance(value, str) else value


@pytest.fixture
def restored(production: Deployed) -> Deployed:
    """The account after `arbor database restore`."""
    account = Account(stack="production", client=production.client)
    window = backups.window(account)
    assert window is not None
    restore.plan(account, window.latest, RESTORED, logged_in).execute(
        Run(say=lambda _: None, every=0.05)
    )
    return production


@pytest.mark.slow
def test_after_the_printed_cut_over_pulumi_shows_no_change(
    restored: Deployed, tmp_path: Path
) -> None:
    aws_shim.install(tmp_path, restored.environment["AWS_ENDPOINT_URL"])
    path = aws_shim.search_path(tmp_path)
    old, new = resource_id(restored, LIVE), resource_id(restored, RESTORED)
    by_aws, by_pulumi = cut_over.commands("production", RESTORED).split("pulumi stack export", 1)
    done = captured(
        ["bash", "-ec", f'{by_aws}\necho "$OLD $NEW"'],
        cwd=tmp_path,
        env={**os.environ, **restored.environment, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == [old, new]
    assert resource_id(restored, LIVE) == new
    assert resource_id(restored, BEFORE) == old
    assert described(restored, LIVE)["MonitoringInterval"] == 60

    assert "s/$OLD/$NEW/g" in by_pulumi
    reconcile(restored, old, new)
    restored.refresh()
    assert restored.preview() == []
    (held,) = (one for one in restored.resources() if one["type"] == INSTANCE)
    assert held["id"] == new

"""`arbor cache snapshot|snapshots` in the emulated account."""

import json
import re
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.elasticache.models import elasticache_backends
from typer.testing import CliRunner, Result

from arbor.__main__ import app
from arbor.cache import snapshot, snapshots
from arbor.procedure import Failed, Refused, Run
from cache_account import GROUP, make_group, production
from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.elasticache_snapshots import MOST, SECONDS

NAME = re.compile(r"arbor-redis-manual-\d{8}-\d{6}")
pytestmark = pytest.mark.usefixtures("account")


def cache(*words: str) -> Result:
    CLOCK.set_speed(60_000)  # a minute of the account passes in a millisecond
    return CliRunner().invoke(app, ["cache", *words])


def take() -> Result:
    return cache("snapshot", "--yes", "--every", "0.001")


def begin(name: str, node: str = f"{GROUP}-002") -> None:
    boto3.client("elasticache").create_snapshot(SnapshotName=name, CacheClusterId=node)


def made() -> list[dict[str, Any]]:
    return list(boto3.client("elasticache").describe_snapshots()["Snapshots"])


def leave(nodes: int, **changes: Any) -> None:
    """Set the group's nodes."""
    boto3.client("elasticache").delete_replication_group(ReplicationGroupId=GROUP)
    make_group(nodes)
    backend = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    for name, value in changes.items():
        setattr(backend.replication_groups[GROUP], name, value)


def test_the_snapshot_is_taken_of_a_replica() -> None:
    done = take()
    assert done.exit_code == 0, done.output
    (one,) = made()
    assert NAME.fullmatch(one["SnapshotName"])
    assert (one["CacheClusterId"], one["SnapshotStatus"]) == (f"{GROUP}-002", "available")
    assert f"from the replica {GROUP}-002; no effect on the primary" in done.stdout


def test_a_snapshot_of_the_only_node_warns_of_slow_responses() -> None:
    leave(nodes=1)
    done = take()
    assert done.exit_code == 0, done.output
    assert f"from {GROUP}-001, the primary and only node" in done.stdout
    assert made()[0]["CacheClusterId"] == f"{GROUP}-001"


def test_a_run_waits_for_the_snapshot_of_an_interrupted_run() -> None:
    begin("arbor-redis-manual-20260127-120000")
    lines: list[str] = []
    snapshot.plan(production()).execute(Run(say=lines.append, every=60, sleep=CLOCK.advance))
    assert lines[0] == "wait for arbor-redis-manual-20260127-120000, already in progress"
    (one,) = made()
    assert one["SnapshotStatus"] == "available"


def refused() -> str:
    with pytest.raises(Refused) as error:
        snapshot.plan(production())
    return str(error.value)


def test_another_snapshot_in_progress_is_refused() -> None:
    begin("nightly")
    assert f"{GROUP} is snapshotting: wait until it is available." in refused()
    CLOCK.advance(SECONDS)
    assert snapshot.plan(production()).is_new


def test_elasticaches_limits_are_checked_first() -> None:
    for number in range(MOST):
        begin(f"by-hand-{number}")
        CLOCK.advance(SECONDS)
    assert f"has had {MOST} manual snapshots in 24 hours" in refused()
    leave(nodes=1, cache_node_type="cache.t1.micro")
    assert "has cache.t1.micro nodes" in refused()


def test_elasticaches_quota_error_is_one_sentence() -> None:
    for number in range(MOST):
        begin(f"by-hand-{number}")
        CLOCK.advance(SECONDS)
    for number in range(MOST):
        # Deleted snapshots count too, and are not listed.
        held = elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].snapshots[f"by-hand-{number}"]
        held.__dict__["node_snapshots"] = []
    planned = snapshot.plan(production())
    with pytest.raises(Failed, match=f"{GROUP}-002 has had {MOST} manual snapshots"):
        planned.execute(Run(say=lambda _: None, every=60, sleep=CLOCK.advance))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda name: boto3.client("elasticache").delete_snapshot(SnapshotName=name),
            "no longer exists",
        ),
        (
            lambda name: setattr(
                elasticache_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].snapshots[name],
                "snapshot_status",
                "failed",
            ),
            "is failed",
        ),
    ],
)
def test_a_failed_snapshot_is_a_failure(spoil: Any, words: str) -> None:
    planned = snapshot.plan(production())

    def sleep(_: float) -> None:
        spoil(planned.name)

    with pytest.raises(Failed, match=words):
        planned.execute(Run(say=lambda _: None, every=60, sleep=sleep))


def test_a_retry_of_a_successful_call_succeeds() -> None:
    planned = snapshot.plan(production())
    begin(planned.name)
    planned.execute(Run(say=lambda _: None, every=60, sleep=CLOCK.advance))
    assert [one["SnapshotName"] for one in made()] == [planned.name]


def test_a_dry_run_creates_no_snapshot() -> None:
    done = cache("snapshot", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "would create arbor-redis-manual-" in done.stdout
    assert made() == []


def test_names_differ_by_stack_and_fit_elasticaches_limit() -> None:
    names = [snapshots.new_name(stack) for stack in ("production", "staging")]
    assert all(len(name) <= 40 for name in names)
    assert not names[1].startswith(snapshots.prefix("production"))
    assert not names[0].startswith(snapshots.prefix("staging"))


def test_snapshots_are_listed_newest_first() -> None:
    begin("first")
    CLOCK.advance(SECONDS)
    begin("second")
    boto3.client("elasticache").create_cache_cluster(
        CacheClusterId="other", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    begin("of-another", node="other")
    shown, found = cache("snapshots"), cache("snapshots", "--json")
    assert [one["name"] for one in json.loads(found.stdout)] == ["second", "first"]
    assert "first" in shown.stdout
    assert "of-another" not in shown.stdout


def test_an_empty_list_is_reported() -> None:
    assert "has no snapshots" in cache("snapshots").stdout
    assert json.loads(cache("snapshots", "--json").stdout) == []

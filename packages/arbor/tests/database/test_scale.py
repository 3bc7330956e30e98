"""database scale: consequences, obstacles, and the change of config to make."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arbor.database import instance, scale
from arbor.procedure import Failed, Refused
from arbor_names import limits
from connection_fixtures import live
from ecs_world import client
from scale_fixtures import register
from staging_fixtures import Staging

NAME = "arbor-staging-db"
NOW, LARGER, SMALLER = "db.t3.medium", "db.t3.large", "db.t3.small"


@pytest.fixture
def stored(staging: Staging) -> Staging:
    """Staging with a database of one zone."""
    client("rds").create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass=NOW,
        Engine="postgres",
        EngineVersion="16",
        AllocatedStorage=20,
        MasterUsername="arbor_user",
        MasterUserPassword="first-password",
        PreferredMaintenanceWindow="sun:05:00-sun:06:00",
    )
    return staging


def modify(**arguments: Any) -> None:
    client("rds").modify_db_instance(DBInstanceIdentifier=NAME, **arguments)


def database() -> Any:
    return client("rds").describe_db_instances()["DBInstances"][0]


def change(staging: Staging, wanted: str = LARGER, *, dry_run: bool = False) -> None:
    scale.plan(staging.account, wanted).execute(staging.run(dry_run=dry_run))


class SlowRds:
    """Each read of the instance returns the next of these changes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *reads: dict[str, Any]) -> None:
        self.reads = list(reads)
        monkeypatch.setattr(instance, "read", self)

    def __call__(self, _account: object) -> dict[str, Any]:
        changes = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        return {**database(), **changes}


def test_the_class_changes_and_the_config_key_is_named(stored: Staging) -> None:
    change(stored)
    assert database()["DBInstanceClass"] == LARGER
    assert stored.printed(f"change {NAME} from {NOW} to {LARGER} at once")
    assert stored.printed(f"set arbor:databaseClass to {LARGER} in Pulumi.staging.yaml")


@pytest.mark.parametrize(
    ("multi_az", "words"), [(True, "one to two minutes"), (False, "several minutes")]
)
def test_the_downtime_is_shown_before_the_confirmation(
    stored: Staging, *, multi_az: bool, words: str
) -> None:
    modify(MultiAZ=multi_az, ApplyImmediately=True)
    change(stored, dry_run=True)
    assert stored.output[0].startswith("Downtime: ")
    assert words in stored.output[0]
    assert database()["DBInstanceClass"] == NOW


def test_it_waits_until_the_class_is_applied_and_nothing_is_pending(
    stored: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = {"PendingModifiedValues": {"DBInstanceClass": LARGER}}
    SlowRds(
        monkeypatch,
        {},  # the plan
        {},  # before the change
        {"DBInstanceClass": NOW, **pending},  # RDS has not started
        {"DBInstanceClass": NOW, **pending},
        {"DBInstanceStatus": "modifying", "DBInstanceClass": NOW, **pending},
        {"DBInstanceStatus": "modifying", "DBInstanceClass": LARGER},
        {},
    )
    change(stored)
    shown = [line.strip() for line in stored.output if line.startswith("  ")]
    assert shown == [
        f"{NAME} is available, {NOW}; pending: DBInstanceClass {LARGER}",
        f"{NAME} is modifying, {LARGER}",
    ]


def test_a_second_run_waits_for_the_change_in_progress(
    stored: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_progress = {
        "DBInstanceStatus": "modifying",
        "PendingModifiedValues": {"DBInstanceClass": LARGER},
    }
    SlowRds(monkeypatch, in_progress, in_progress, {"DBInstanceClass": LARGER})
    change(stored)
    assert stored.printed(f"wait until {NAME} is {LARGER}")
    assert database()["DBInstanceClass"] == NOW  # no second change


def test_an_unrecoverable_status_is_a_failure_with_the_next_command(
    stored: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    SlowRds(monkeypatch, {}, {}, {"DBInstanceStatus": "incompatible-network"})
    with pytest.raises(Failed, match=r"is incompatible-network.*describe-events"):
        change(stored)


@pytest.mark.usefixtures("stored")
def test_an_applied_class_leaves_nothing_to_do() -> None:
    assert scale.is_done(database(), NOW)
    assert not scale.is_done(database(), LARGER)
    modify(DBInstanceClass=LARGER)
    assert not scale.is_done(database(), NOW)  # another change waits for the window


@pytest.mark.parametrize("wanted", ["db.t3.huge", "t3.large", "db.x2g.large", ""])
def test_an_unknown_class_is_refused_with_the_allowed_ones(stored: Staging, wanted: str) -> None:
    with pytest.raises(Refused) as refused:
        change(stored, wanted)
    assert "allowed: db.t3.micro, db.t3.small" in str(refused.value)
    assert "or a size of db.m5, db.m6g" in str(refused.value)


def test_a_class_that_rds_does_not_offer_is_refused(
    stored: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.DATABASE_MEMORY_GIB, "db.t9.large", 8)
    with pytest.raises(Refused, match=r"RDS rejects db\.t9\.large for arbor-staging-db: "):
        change(stored, "db.t9.large")
    assert database()["DBInstanceClass"] == NOW


def test_other_pending_changes_are_listed_and_not_applied(stored: Staging) -> None:
    modify(AllocatedStorage=100, MultiAZ=True)
    with pytest.raises(Refused) as refused:
        change(stored)
    message = str(refused.value)
    assert "AllocatedStorage 100" in message
    assert "MultiAZ True" in message
    assert "(maintenance window sun:05:00-sun:06:00 UTC)" in message
    assert (database()["DBInstanceClass"], database()["AllocatedStorage"]) == (NOW, 20)


def test_the_same_class_pending_for_the_window_is_applied_now(stored: Staging) -> None:
    modify(DBInstanceClass=LARGER)
    change(stored)
    assert database()["DBInstanceClass"] == LARGER


def test_another_pending_class_is_refused(stored: Staging) -> None:
    modify(DBInstanceClass=SMALLER)
    with pytest.raises(Refused, match=f"DBInstanceClass {SMALLER}"):
        change(stored)


def test_a_change_that_became_pending_during_the_confirmation_is_refused(stored: Staging) -> None:
    plan = scale.plan(stored.account, LARGER)
    modify(AllocatedStorage=100)
    with pytest.raises(Refused, match="AllocatedStorage 100"):
        plan.execute(stored.run())
    assert database()["DBInstanceClass"] == NOW


def test_a_busy_database_is_refused(stored: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    SlowRds(monkeypatch, {"DBInstanceStatus": "backing-up"})
    with pytest.raises(Refused, match="is backing-up: wait until it is available"):
        change(stored)


def test_pending_parameters_are_announced(stored: Staging) -> None:
    client("rds").create_db_parameter_group(
        DBParameterGroupName="params", DBParameterGroupFamily="postgres16", Description="d"
    )
    modify(DBParameterGroupName="params", ApplyImmediately=True)
    change(stored, dry_run=True)
    assert stored.printed("Parameters in pending-reboot take effect")


@pytest.mark.parametrize(("wanted", "is_shown"), [(SMALLER, True), (LARGER, False)])
def test_fewer_connections_than_recently_open_are_reported(
    stored: Staging, wanted: str, *, is_shown: bool
) -> None:
    client("cloudwatch").put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "DatabaseConnections",
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": NAME}],
                "Timestamp": datetime.now(UTC) - timedelta(days=3),
                "Value": 300,
            }
        ],
    )
    change(stored, wanted, dry_run=True)
    assert stored.printed("14 days is 300") == is_shown


def test_a_stack_without_a_database_is_refused(staging: Staging) -> None:
    with pytest.raises(Refused, match=f"There is no database {NAME}"):
        change(staging)


def test_a_class_too_small_for_full_load_is_refused(stored: Staging) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=6)
    live(stored, 1)
    with pytest.raises(Refused) as refused:
        scale.plan(stored.account, SMALLER)
    assert str(refused.value) == (
        "db.t3.small leaves the application 170 connections, and the services open up to 360 at "
        "their ceilings in both colours: choose db.t3.medium or larger, or first lower max or "
        "workers of the services in config."
    )
    assert database()["DBInstanceClass"] == NOW


def test_a_smaller_class_that_fits_full_load_is_accepted(stored: Staging) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=2)
    live(stored, 1)
    change(stored, SMALLER)
    assert database()["DBInstanceClass"] == SMALLER
    assert not stored.printed("Too few connections")


def test_a_larger_class_is_accepted_with_a_warning_if_it_is_still_too_small(
    stored: Staging,
) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=10)
    live(stored, None)
    change(stored, LARGER)
    assert database()["DBInstanceClass"] == LARGER
    assert stored.printed(
        "the services open up to 2400 in both colours, and db.t3.large leaves them"
    )


def test_a_service_without_autoscaling_is_not_counted(stored: Staging) -> None:
    live(stored, 1)
    assert scale.plan(stored.account, SMALLER).peak == 0

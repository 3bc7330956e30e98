"""database scale: what it costs, what is in the way, and what is left to do in config."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arbor.database import scale
from arbor.procedure import Failed, Refused
from arbor_names import limits
from connections_world import live
from ecs_world import client
from operations_world import World
from scale_world import register

NAME = "arbor-staging-db"
NOW, LARGER, SMALLER = "db.t3.medium", "db.t3.large", "db.t3.small"


@pytest.fixture
def stored(world: World) -> World:
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
    return world


def modify(**asked: Any) -> None:
    client("rds").modify_db_instance(DBInstanceIdentifier=NAME, **asked)


def database() -> dict[str, Any]:
    return dict(client("rds").describe_db_instances()["DBInstances"][0])


def change(world: World, wanted: str = LARGER, *, dry_run: bool = False) -> None:
    scale.plan(world.account, wanted).execute(world.run(dry_run=dry_run))


class Behind:
    """RDS, which takes its time: each look at the instance is answered with the next of these."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *looks: dict[str, Any]) -> None:
        self.looks = list(looks)
        monkeypatch.setattr(scale, "described", self)

    def __call__(self, _account: object) -> dict[str, Any]:
        changes = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {**database(), **changes}


def test_the_class_is_changed_and_config_is_named(stored: World) -> None:
    change(stored)
    assert database()["DBInstanceClass"] == LARGER
    assert stored.heard(f"change {NAME} from {NOW} to {LARGER} at once")
    assert stored.heard(f"set arbor:databaseClass to {LARGER} in Pulumi.staging.yaml")


@pytest.mark.parametrize(
    ("multi_az", "told"),
    [(True, "for one to two minutes there is no database"), (False, "several minutes")],
)
def test_what_it_costs_is_said_before_anybody_is_asked(
    stored: World, *, multi_az: bool, told: str
) -> None:
    modify(MultiAZ=multi_az, ApplyImmediately=True)
    change(stored, dry_run=True)
    assert stored.said[0].startswith("Downtime: ")
    assert told in stored.said[0]
    assert database()["DBInstanceClass"] == NOW


def test_it_waits_until_the_class_is_there_and_nothing_is_pending(
    stored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = {"PendingModifiedValues": {"DBInstanceClass": LARGER}}
    Behind(
        monkeypatch,
        {},  # the plan
        {},  # before it is begun
        {"DBInstanceClass": NOW, **pending},  # RDS has not begun
        {"DBInstanceClass": NOW, **pending},
        {"DBInstanceStatus": "modifying", "DBInstanceClass": NOW, **pending},
        {"DBInstanceStatus": "modifying", "DBInstanceClass": LARGER},
        {},
    )
    change(stored)
    shown = [line.strip() for line in stored.said if line.startswith("  ")]
    assert shown == [
        f"{NAME} is available, {NOW}; pending: DBInstanceClass {LARGER}",
        f"{NAME} is modifying, {LARGER}",
    ]


def test_a_second_run_waits_for_what_the_first_began(
    stored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = {
        "DBInstanceStatus": "modifying",
        "PendingModifiedValues": {"DBInstanceClass": LARGER},
    }
    Behind(monkeypatch, begun, begun, {"DBInstanceClass": LARGER})
    change(stored)
    assert stored.heard(f"wait until {NAME} is {LARGER}")
    assert database()["DBInstanceClass"] == NOW  # RDS was asked for nothing


def test_a_database_that_breaks_is_a_failure_that_says_where_to_look(
    stored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Behind(monkeypatch, {}, {}, {"DBInstanceStatus": "incompatible-network"})
    with pytest.raises(Failed, match=r"is incompatible-network.*describe-events"):
        change(stored)


@pytest.mark.usefixtures("stored")
def test_a_class_that_is_there_already_leaves_nothing_to_do() -> None:
    assert scale.is_there(database(), NOW)
    assert not scale.is_there(database(), LARGER)
    modify(DBInstanceClass=LARGER)
    assert not scale.is_there(database(), NOW)  # somebody's waits for the window


@pytest.mark.parametrize("wanted", ["db.t3.huge", "t3.large", "db.x2g.large", ""])
def test_a_class_that_nobody_knows_is_refused_with_those_that_are_known(
    stored: World, wanted: str
) -> None:
    with pytest.raises(Refused) as refused:
        change(stored, wanted)
    assert "allowed: db.t3.micro, db.t3.small" in str(refused.value)
    assert "or a size of db.m5, db.m6g" in str(refused.value)


def test_a_class_that_rds_does_not_offer_here_is_refused(
    stored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.DATABASE_MEMORY_GIB, "db.t9.large", 8)
    with pytest.raises(Refused, match=r"RDS does not take db\.t9\.large for arbor-staging-db: "):
        change(stored, "db.t9.large")
    assert database()["DBInstanceClass"] == NOW


def test_what_others_left_pending_is_listed_and_not_applied(stored: World) -> None:
    modify(AllocatedStorage=100, MultiAZ=True)
    with pytest.raises(Refused) as refused:
        change(stored)
    told = str(refused.value)
    assert "AllocatedStorage 100" in told
    assert "MultiAZ True" in told
    assert "the maintenance window is sun:05:00-sun:06:00 UTC" in told
    assert (database()["DBInstanceClass"], database()["AllocatedStorage"]) == (NOW, 20)


def test_the_same_class_that_waits_for_the_window_is_applied_now(stored: World) -> None:
    modify(DBInstanceClass=LARGER)
    change(stored)
    assert database()["DBInstanceClass"] == LARGER


def test_another_class_that_waits_is_somebody_elses(stored: World) -> None:
    modify(DBInstanceClass=SMALLER)
    with pytest.raises(Refused, match=f"DBInstanceClass {SMALLER}"):
        change(stored)


def test_what_was_left_pending_while_somebody_was_asked_is_refused_too(stored: World) -> None:
    plan = scale.plan(stored.account, LARGER)
    modify(AllocatedStorage=100)
    with pytest.raises(Refused, match="AllocatedStorage 100"):
        plan.execute(stored.run())
    assert database()["DBInstanceClass"] == NOW


def test_a_database_that_is_busy_with_something_else_is_refused(
    stored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Behind(monkeypatch, {"DBInstanceStatus": "backing-up"})
    with pytest.raises(Refused, match="is backing-up: wait until it is available"):
        change(stored)


def test_parameters_that_wait_for_a_restart_are_said_to_come_with_it(stored: World) -> None:
    client("rds").create_db_parameter_group(
        DBParameterGroupName="params", DBParameterGroupFamily="postgres16", Description="d"
    )
    modify(DBParameterGroupName="params", ApplyImmediately=True)
    change(stored, dry_run=True)
    assert stored.heard("take effect with it (pending-reboot)")


@pytest.mark.parametrize(("wanted", "is_told"), [(SMALLER, True), (LARGER, False)])
def test_too_few_connections_for_what_was_open_lately_are_told(
    stored: World, wanted: str, *, is_told: bool
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
    assert stored.heard("300 were open at one time") == is_told


def test_a_stack_without_a_database_is_refused(world: World) -> None:
    with pytest.raises(Refused, match=f"There is no database {NAME}"):
        change(world)


def test_a_smaller_class_that_full_load_would_exhaust_is_refused(stored: World) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=6)
    live(stored, 1)
    with pytest.raises(Refused) as refused:
        scale.plan(stored.account, SMALLER)
    assert str(refused.value) == (
        "db.t3.small leaves the application 170 connections, and the services open up to 360 at "
        "their ceilings in both colours: choose db.t3.medium or larger, or lower max or workers of "
        "the services in config first."
    )
    assert database()["DBInstanceClass"] == NOW


def test_a_smaller_class_that_full_load_fits_is_taken(stored: World) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=2)
    live(stored, 1)
    change(stored, SMALLER)
    assert database()["DBInstanceClass"] == SMALLER
    assert not stored.heard("Too few connections")


def test_a_larger_class_is_taken_although_full_load_needs_more_and_that_is_said(
    stored: World,
) -> None:
    register(stored, "backend", MinCapacity=2, MaxCapacity=10)
    live(stored, None)
    change(stored, LARGER)
    assert database()["DBInstanceClass"] == LARGER
    assert stored.heard("the services open up to 2400 in both colours, and db.t3.large leaves them")


def test_a_service_that_does_not_scale_by_itself_is_not_counted(stored: World) -> None:
    live(stored, 1)
    assert scale.plan(stored.account, SMALLER).peak == 0

"""RDS takes a new master password at once, and its database a little later."""

import pytest

from emulated_account import refused
from pulumi_moto.clock import CLOCK
from rds_fixtures import database, found, modify

NEW = "second-password"


def test_it_is_pending_until_the_database_has_it() -> None:
    database()
    modify(MasterUserPassword=NEW, ApplyImmediately=True)
    assert found()["PendingModifiedValues"] == {"MasterUserPassword": "****"}
    assert found()["DBInstanceStatus"] == "resetting-master-credentials"
    CLOCK.advance(60)
    assert found()["PendingModifiedValues"] == {}
    assert found()["DBInstanceStatus"] == "available"


def test_another_has_to_wait_for_it() -> None:
    database()
    modify(MasterUserPassword=NEW)
    assert refused(modify, MasterUserPassword="third-password") == "InvalidDBInstanceState"


def test_other_changes_of_the_call_are_applied() -> None:
    database()
    modify(MasterUserPassword=NEW, BackupRetentionPeriod=9)
    assert found()["BackupRetentionPeriod"] == 9


@pytest.mark.parametrize("password", ["short", "with/slash-in-it", "with at@in-it"])
def test_an_invalid_password_changes_nothing(password: str) -> None:
    database()
    assert refused(modify, MasterUserPassword=password) == "InvalidParameterValue"
    assert found()["DBInstanceStatus"] == "available"


def test_one_that_rds_manages_is_not_given() -> None:
    database()
    modify(ManageMasterUserPassword=True)
    assert refused(modify, MasterUserPassword=NEW) == "InvalidParameterCombination"

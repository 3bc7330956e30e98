"""The row of an instance: found by its resource id, changed as the provider changes it."""

from typing import Any

import boto3
import pytest

from emulated_account import create_network, refused
from pulumi_moto.row import Change
from pulumi_moto.services.rds_instance import delete_instance, read_instance, update_instance
from rds_fixtures import NAME, database, found, subnet_group


def made() -> str:
    subnet_group("private", create_network()[1])
    return str(database(DBSubnetGroupName="private")["DbiResourceId"])


def update(physical_id: str, **wanted: Any) -> None:
    rds = boto3.client("rds")
    before = read_instance(rds, physical_id)
    assert before is not None
    change = Change(old=before, new={**before, **wanted}, keys=frozenset(wanted))
    update_instance(rds, physical_id, change)


def test_an_instance_is_read_by_its_resource_id_and_imported_by_its_identifier() -> None:
    physical_id = made()
    rds = boto3.client("rds")
    assert physical_id.startswith("db-")
    assert read_instance(rds, physical_id) == read_instance(rds, NAME)
    assert read_instance(rds, "db-ABSENT") is None


def test_a_renamed_instance_is_still_the_same_resource() -> None:
    physical_id = made()
    update(physical_id, identifier="renamed", tags={"Stack": "test"}, applyImmediately=True)
    state = read_instance(boto3.client("rds"), physical_id)
    assert state is not None
    assert (state["identifier"], state["tags"]) == ("renamed", {"Stack": "test"})


def test_without_apply_immediately_a_change_is_still_pending_afterwards() -> None:
    physical_id = made()
    update(physical_id, instanceClass="db.t4g.small")
    assert found()["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.small"}
    state = read_instance(boto3.client("rds"), physical_id)
    assert state is not None
    assert state["instanceClass"] == "db.t4g.micro"


def test_a_final_snapshot_without_a_name_is_refused() -> None:
    physical_id = made()
    params = {"rds": boto3.client("rds"), "physical_id": physical_id, "state": {}}
    assert refused(delete_instance, **params) == "InvalidParameterCombination"
    assert found()["DbiResourceId"] == physical_id


def test_a_missing_resource_is_not_updated() -> None:
    change = Change(old={}, new={}, keys=frozenset())
    with pytest.raises(LookupError, match="db-ABSENT"):
        update_instance(boto3.client("rds"), "db-ABSENT", change)

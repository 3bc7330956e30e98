"""Route 53: what a change batch may do to records that are there."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Client = Any
ADDRESS = {"Name": "app.shop.test", "Type": "A", "TTL": 60}


@pytest.fixture
def dns() -> Client:
    return boto3.client("route53")


@pytest.fixture
def zone(dns: Client) -> str:
    made = dns.create_hosted_zone(Name="shop.test", CallerReference="1")
    return str(made["HostedZone"]["Id"])


def record(value: str = "10.0.0.1", **more: Any) -> dict[str, Any]:
    return {**ADDRESS, "ResourceRecords": [{"Value": value}], **more}


def change(dns: Client, zone: str, *changes: tuple[str, dict[str, Any]]) -> None:
    batch = [{"Action": action, "ResourceRecordSet": entry} for action, entry in changes]
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})


def refusal(dns: Client, zone: str, *changes: tuple[str, dict[str, Any]]) -> str:
    with pytest.raises(ClientError) as refused:
        change(dns, zone, *changes)
    assert refused.value.response["Error"]["Code"] == "InvalidChangeBatch"
    return str(refused.value.response["Error"]["Message"])


def values(dns: Client, zone: str) -> dict[str, list[str]]:
    found = dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {
        f"{one['Name']} {one['Type']}": [each["Value"] for each in one["ResourceRecords"]]
        for one in found
        if one["Type"] not in {"NS", "SOA"}
    }


def test_an_existing_record_is_upserted_but_not_created(dns: Client, zone: str) -> None:
    change(dns, zone, ("CREATE", record()))
    for entry in (record(), record("10.0.0.2"), record(Name="APP.shop.test.")):
        assert "it already exists" in refusal(dns, zone, ("CREATE", entry))
    assert values(dns, zone) == {"app.shop.test. A": ["10.0.0.1"]}
    change(dns, zone, ("UPSERT", record("10.0.0.2")))
    assert values(dns, zone) == {"app.shop.test. A": ["10.0.0.2"]}


def test_records_of_one_name_differ_by_type_or_set(dns: Client, zone: str) -> None:
    text = record('"some"', Type="TXT")
    weighted = [
        record(Name="split.shop.test", SetIdentifier=name, Weight=1) for name in ("one", "two")
    ]
    change(dns, zone, *(("CREATE", entry) for entry in (record(), text, *weighted)))
    assert "it already exists" in refusal(dns, zone, ("CREATE", weighted[0]))


def test_a_batch_in_which_one_change_is_refused_changes_nothing(dns: Client, zone: str) -> None:
    change(dns, zone, ("CREATE", record()))
    other = record(Name="other.shop.test")
    refusal(dns, zone, ("CREATE", other), ("CREATE", record()))
    assert values(dns, zone) == {"app.shop.test. A": ["10.0.0.1"]}


def test_a_record_is_replaced_by_one_of_another_type_in_one_batch(dns: Client, zone: str) -> None:
    change(dns, zone, ("CREATE", record()))
    alias = record("elsewhere.test", Type="CNAME")
    assert "conflicts" in refusal(dns, zone, ("CREATE", alias))
    change(dns, zone, ("DELETE", record()), ("CREATE", alias))
    assert values(dns, zone) == {"app.shop.test. CNAME": ["elsewhere.test"]}
    assert "conflicts" in refusal(dns, zone, ("UPSERT", record()))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (record("10.0.0.2"), "do not match"),
        (record(TTL=61), "do not match"),
        (record(Name="none.shop.test"), "not found"),
    ],
)
def test_a_record_is_deleted_only_as_it_is(
    dns: Client, zone: str, entry: dict[str, Any], words: str
) -> None:
    change(dns, zone, ("CREATE", record()))
    assert words in refusal(dns, zone, ("DELETE", entry))
    change(dns, zone, ("DELETE", record()))
    assert values(dns, zone) == {}

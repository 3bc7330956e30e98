from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator import correction, corrections

HOSTS = ["arbor.example", "green.arbor.example"]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert corrections
    correction.apply()
    with mock_aws():
        yield


def test_a_certificate_is_issued_once_every_validation_record_is_in_dns() -> None:
    acm, dns = boto3.client("acm"), boto3.client("route53")
    arn = acm.request_certificate(
        DomainName=HOSTS[0], SubjectAlternativeNames=HOSTS, ValidationMethod="DNS"
    )["CertificateArn"]
    zone = dns.create_hosted_zone(Name=HOSTS[0], CallerReference="1")["HostedZone"]["Id"]

    def certificate() -> dict[str, Any]:
        return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])

    for option in certificate()["DomainValidationOptions"]:
        assert certificate()["Status"] == "PENDING_VALIDATION"
        record = option["ResourceRecord"]
        entry = {
            "Name": record["Name"],
            "Type": "CNAME",
            "TTL": 60,
            "ResourceRecords": [{"Value": record["Value"]}],
        }
        change = {"Action": "CREATE", "ResourceRecordSet": entry}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    assert certificate()["Status"] == "ISSUED"

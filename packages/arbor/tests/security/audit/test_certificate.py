"""`arbor audit certificate`: validity, both hosts, and renewal by ACM."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arbor.security.audit.certificate import covers, renewal
from audit_fixtures import change, records
from ecs_world import client
from staging_fixtures import DOMAIN

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/1"


def test_the_programs_certificate_has_no_findings(audit: Any) -> None:
    shown, found = audit("certificate"), audit("certificate", "--json")
    assert shown.exit_code == 0, shown.output
    answer = json.loads(found.stdout)
    assert [check["status"] for check in answer["checks"]] == ["OK"] * 6
    details = answer["checks"][1]["details"]
    assert details["days_left"] > 300
    assert details["renewal_eligibility"] == "ELIGIBLE"


@pytest.mark.parametrize("value", ["", "_other.acm-validations.aws."])
def test_a_missing_or_different_record_is_a_finding_with_its_remedy(
    audit: Any, failed: Any, value: str
) -> None:
    record = records()[f"green.{DOMAIN}"]
    change("UPSERT" if value else "DELETE", record, value or record["Value"])
    done = audit("certificate", "--json")
    assert done.exit_code == 1
    (check,) = failed(json.loads(done.stdout))
    assert check["name"] == f"record of green.{DOMAIN}"
    assert f"{record['Name']} CNAME {record['Value']}" in check["message"]
    assert check["details"]["found"] == ([value] if value else [])
    # The printed command restores the record.
    words = check["remedy"].split(" --change-batch ")
    zone = words[0].rpartition(" ")[2]
    batch = json.loads(words[1].strip("'"))
    client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert audit("certificate").exit_code == 0


def test_without_the_zone_the_record_to_check_is_shown(audit: Any) -> None:
    dns = client("route53")
    (zone,) = dns.list_hosted_zones()["HostedZones"]
    found = records()
    for record in found.values():
        change("DELETE", record, record["Value"])
    dns.delete_hosted_zone(Id=zone["Id"])
    dns.create_hosted_zone(
        Name=DOMAIN,
        CallerReference="2",
        VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"},
        HostedZoneConfig={"PrivateZone": True},
    )
    done = audit("certificate", "--json")
    assert done.exit_code == 0, done.output
    skipped = [check for check in json.loads(done.stdout)["checks"] if check["status"] == "SKIP"]
    assert {check["shown_by"] for check in skipped} == {
        f"dig +short {record['Name']} CNAME" for record in found.values()
    }


def test_a_host_in_no_certificate_is_a_finding(audit: Any, failed: Any) -> None:
    elb, acm = client("elbv2"), client("acm")
    (alone,) = [
        one["CertificateArn"]
        for one in acm.list_certificates()["CertificateSummaryList"]
        if len(
            acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"][
                "SubjectAlternativeNames"
            ]
        )
        == 1
    ]
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    elb.modify_listener(
        ListenerArn=listener["ListenerArn"], Certificates=[{"CertificateArn": alone}]
    )
    lines = failed(json.loads(audit("certificate", "--json").stdout))
    assert [check["name"] for check in lines] == [f"host green.{DOMAIN}"]


def test_a_certificate_that_is_not_issued_is_a_finding(audit: Any, failed: Any) -> None:
    elb, acm = client("elbv2"), client("acm")
    waiting = acm.request_certificate(
        DomainName="new.example.com",
        ValidationMethod="DNS",
        SubjectAlternativeNames=[f"*.{DOMAIN}"],
    )["CertificateArn"]
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    elb.add_listener_certificates(
        ListenerArn=listener["ListenerArn"], Certificates=[{"CertificateArn": waiting}]
    )
    first, *_ = failed(json.loads(audit("certificate", "--json").stdout))
    assert first["name"] == "status"
    assert first["details"]["status"] == "PENDING_VALIDATION"


@pytest.mark.parametrize(
    ("days", "renewal_status", "status"),
    [
        (29, None, "NG"),
        (29, "PENDING_VALIDATION", "NG"),
        (29, "FAILED", "NG"),
        (29, "SUCCESS", "OK"),
        (31, "PENDING_VALIDATION", "OK"),
        (-2, None, "NG"),
    ],
)
def test_few_days_left_without_a_renewal_are_a_finding(
    days: int, renewal_status: str | None, status: str
) -> None:
    certificate: Any = {
        "CertificateArn": ARN,
        "NotAfter": datetime.now(UTC) + timedelta(days=days, minutes=1),
        **({"RenewalSummary": {"RenewalStatus": renewal_status}} if renewal_status else {}),
    }
    (check,) = renewal(certificate)
    assert (check.status, check.details["days_left"]) == (status, days)
    assert bool(check.remedy) is (status == "NG")


@pytest.mark.parametrize(
    ("name", "host", "expected"),
    [
        ("a.example", "A.example", True),
        ("*.a.example", "green.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "x.green.a.example", False),
        ("a.example", "green.a.example", False),
    ],
)
def test_a_wildcard_covers_one_label(name: str, host: str, expected: bool) -> None:
    assert covers(name, host) is expected

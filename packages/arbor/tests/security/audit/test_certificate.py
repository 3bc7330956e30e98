"""`arbor audit certificate`: it holds, covers both hosts, and ACM can renew it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arbor.security.audit.certificate import covers, renewal
from audit_world import change, records
from ecs_world import client
from operations_world import DOMAIN

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/1"


def test_what_infrastructure_makes_is_no_finding(audit: Any) -> None:
    told, found = audit("certificate"), audit("certificate", "--json")
    assert told.exit_code == 0, told.output
    answer = json.loads(found.stdout)
    assert [line["verdict"] for line in answer["lines"]] == ["OK"] * 6
    about = answer["lines"][1]["about"]
    assert about["days_left"] > 300
    assert about["renewal_eligibility"] == "ELIGIBLE"


@pytest.mark.parametrize("value", ["", "_other.acm-validations.aws."])
def test_a_record_that_is_gone_or_different_is_told_to_be_put_back(
    audit: Any, wrong: Any, value: str
) -> None:
    record = records()[f"green.{DOMAIN}"]
    change("UPSERT" if value else "DELETE", record, value or record["Value"])
    done = audit("certificate", "--json")
    assert done.exit_code == 1
    (line,) = wrong(json.loads(done.stdout))
    assert line["what"] == f"record of green.{DOMAIN}"
    assert f"{record['Name']} CNAME {record['Value']}" in line["says"]
    assert line["about"]["found"] == ([value] if value else [])
    # What it says to paste does put it right.
    words = line["mend"].split(" --change-batch ")
    zone = words[0].rpartition(" ")[2]
    batch = json.loads(words[1].strip("'"))
    client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert audit("certificate").exit_code == 0


def test_without_the_zone_it_says_which_record_to_look_for(audit: Any) -> None:
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
    skipped = [line for line in json.loads(done.stdout)["lines"] if line["verdict"] == "SKIP"]
    assert {line["look"] for line in skipped} == {
        f"dig +short {record['Name']} CNAME" for record in found.values()
    }


def test_a_host_that_no_certificate_names_is_a_finding(audit: Any, wrong: Any) -> None:
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
    lines = wrong(json.loads(audit("certificate", "--json").stdout))
    assert [line["what"] for line in lines] == [f"host green.{DOMAIN}"]


def test_one_that_is_not_issued_is_a_finding(audit: Any, wrong: Any) -> None:
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
    first, *_ = wrong(json.loads(audit("certificate", "--json").stdout))
    assert first["what"] == "status"
    assert first["about"]["status"] == "PENDING_VALIDATION"


@pytest.mark.parametrize(
    ("days", "status", "verdict"),
    [
        (29, None, "NG"),
        (29, "PENDING_VALIDATION", "NG"),
        (29, "FAILED", "NG"),
        (29, "SUCCESS", "OK"),
        (31, "PENDING_VALIDATION", "OK"),
        (-2, None, "NG"),
    ],
)
def test_it_is_late_when_few_days_are_left_and_nothing_was_renewed(
    days: int, status: str | None, verdict: str
) -> None:
    certificate = {
        "CertificateArn": ARN,
        "NotAfter": datetime.now(UTC) + timedelta(days=days, minutes=1),
        **({"RenewalSummary": {"RenewalStatus": status}} if status else {}),
    }
    (line,) = renewal(certificate)
    assert (line.verdict, line.about["days_left"]) == (verdict, days)
    assert bool(line.mend) is (verdict == "NG")


@pytest.mark.parametrize(
    ("name", "host", "yes"),
    [
        ("a.example", "A.example", True),
        ("*.a.example", "green.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "x.green.a.example", False),
        ("a.example", "green.a.example", False),
    ],
)
def test_a_star_covers_one_label(name: str, host: str, yes: bool) -> None:
    assert covers(name, host) is yes

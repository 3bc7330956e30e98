from typing import Any

import boto3
import pytest

from emulated_account import create_network
from pulumi_moto.registrar import Registrar

HOSTS = ["shop.example", "green.shop.example"]


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


def test_a_zone_is_found_only_through_the_name_servers_of_its_domain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registrar = Registrar()
    monkeypatch.setattr("pulumi_moto.corrections.acm.REGISTRAR", registrar)
    acm, dns = boto3.client("acm"), boto3.client("route53")
    arn = acm.request_certificate(DomainName=HOSTS[0], ValidationMethod="DNS")["CertificateArn"]
    made = dns.create_hosted_zone(Name=HOSTS[0], CallerReference="1")
    validate(dns, made["HostedZone"]["Id"], acm.describe_certificate(CertificateArn=arn))

    def status() -> str:
        return str(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"])

    registrar.enter({})
    assert status() == "PENDING_VALIDATION"
    registrar.enter({HOSTS[0]: ["ns-1.elsewhere.example"]})
    assert status() == "PENDING_VALIDATION"
    registrar.enter({HOSTS[0]: made["DelegationSet"]["NameServers"]})
    assert status() == "ISSUED"


def validate(dns: Any, zone: str, described: dict[str, Any]) -> None:
    """Put a certificate's validation records into a zone."""
    for option in described["Certificate"]["DomainValidationOptions"]:
        entry = {
            "Name": option["ResourceRecord"]["Name"],
            "Type": "CNAME",
            "TTL": 60,
            "ResourceRecords": [{"Value": option["ResourceRecord"]["Value"]}],
        }
        change = {"Action": "CREATE", "ResourceRecordSet": entry}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def test_a_certificate_is_renewed_while_a_listener_has_it() -> None:
    acm, dns, elb = (boto3.client(name) for name in ("acm", "route53", "elbv2"))
    arn = acm.request_certificate(DomainName=HOSTS[0], ValidationMethod="DNS")["CertificateArn"]
    zone = dns.create_hosted_zone(Name=HOSTS[0], CallerReference="1")["HostedZone"]["Id"]
    (option,) = acm.describe_certificate(CertificateArn=arn)["Certificate"][
        "DomainValidationOptions"
    ]
    entry = {
        "Name": option["ResourceRecord"]["Name"],
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": option["ResourceRecord"]["Value"]}],
    }
    change = {"Action": "CREATE", "ResourceRecordSet": entry}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})

    def used() -> tuple[str, list[str]]:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        return found["RenewalEligibility"], found["InUseBy"]

    assert used() == ("INELIGIBLE", [])
    _, subnets = create_network()
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    assert used() == ("ELIGIBLE", [balancer])
    elb.delete_listener(ListenerArn=listener)
    assert used() == ("INELIGIBLE", [])


def test_a_certificate_that_waits_has_no_serial_number_and_no_time_of_issue() -> None:
    acm = boto3.client("acm")
    arn = acm.request_certificate(
        DomainName=HOSTS[0], SubjectAlternativeNames=HOSTS, ValidationMethod="DNS"
    )["CertificateArn"]
    waiting = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert not {"IssuedAt", "NotBefore", "NotAfter", "Serial"} & waiting.keys()
    assert waiting["SubjectAlternativeNames"] == HOSTS

    (listed,) = acm.list_certificates()["CertificateSummaryList"]
    assert (listed["CertificateArn"], listed["Status"]) == (arn, "PENDING_VALIDATION")
    assert listed["SubjectAlternativeNameSummaries"] == HOSTS
    assert listed["HasAdditionalSubjectAlternativeNames"] is False
    assert "NotAfter" not in listed

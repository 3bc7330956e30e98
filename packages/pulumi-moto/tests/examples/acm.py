from typing import Any

import boto3

from row_example import Example


def _certificate() -> dict[str, Any]:
    return {
        "domainName": "shop.example.com",
        "subjectAlternativeNames": ["test.shop.example.com", "api.shop.example.com"],
        "validationMethod": "DNS",
        "tags": {"Stack": "test", "Component": "certificate"},
    }


def _validation() -> dict[str, Any]:
    """A certificate whose validation record stands in its zone."""
    acm, dns = boto3.client("acm"), boto3.client("route53")
    zone = dns.create_hosted_zone(Name="example.com", CallerReference="acm")["HostedZone"]["Id"]
    made = acm.request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")
    arn = made["CertificateArn"]
    (option,) = acm.describe_certificate(CertificateArn=arn)["Certificate"][
        "DomainValidationOptions"
    ]
    record = option["ResourceRecord"]
    record_set = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    dns.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record_set}]},
    )
    return {"certificateArn": arn, "validationRecordFqdns": [record["Name"].rstrip(".")]}


EXAMPLES = {
    "aws:acm/certificate:Certificate": Example(
        inputs=_certificate, change={"tags": {"Stack": "other"}}
    ),
    "aws:acm/certificateValidation:CertificateValidation": Example(inputs=_validation),
}

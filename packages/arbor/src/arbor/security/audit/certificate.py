"""audit certificate: validity and automatic renewal of the listener's certificates.

From 60 days before expiry, ACM renews a certificate in use whose validation records are in DNS.
https://docs.aws.amazon.com/acm/latest/userguide/dns-renewal-validation.html
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from arbor.account import Account, both, together
from arbor.check import Check
from arbor.security.audit import load_balancer
from arbor.words import counted
from arbor_names import naming

MINIMUM_DAYS = 30
if TYPE_CHECKING:
    from mypy_boto3_acm.type_defs import CertificateDetailTypeDef, DomainValidationTypeDef
    from mypy_boto3_route53.literals import RRTypeType


def audit(account: Account) -> list[Check]:
    """Checks of the listener's certificates. Raises Refused if the stack doesn't exist."""
    balancer = load_balancer.find(account)
    hosts = (balancer.domain, naming.green_host(balancer.domain))
    arns = _arns(account, balancer.listener)
    zones, certificates = both(
        partial(_zones, account),
        lambda: together(*(partial(_described, account, arn) for arn in arns)),
    )
    checks = [check for one in certificates for check in (_status(one), *renewal(one))]
    records = {record(option)["Name"]: option for one in certificates for option in _validated(one)}
    checks += together(*(partial(_record, account, zones, one) for one in records.values()))
    checks += [check for one in certificates for check in _without_record(one)]
    return checks + [_host(host, certificates, balancer.listener) for host in hosts]


def _arns(account: Account, listener: str) -> list[str]:
    """The default certificate and those for SNI, each once."""
    pages = account.client("elbv2").get_paginator("describe_listener_certificates")
    found = [one for page in pages.paginate(ListenerArn=listener) for one in page["Certificates"]]
    return list(dict.fromkeys(str(one["CertificateArn"]) for one in found))


def _described(account: Account, arn: str) -> "CertificateDetailTypeDef":
    return account.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]


def _zones(account: Account) -> dict[str, str]:
    """Ids of the account's public hosted zones by name without the final dot."""
    pages = account.client("route53").get_paginator("list_hosted_zones")
    return {
        zone["Name"].rstrip(".").lower(): zone["Id"].rpartition("/")[2]
        for page in pages.paginate()
        for zone in page["HostedZones"]
        if not zone["Config"]["PrivateZone"]
    }


def _command(certificate: "CertificateDetailTypeDef") -> str:
    return f"aws acm describe-certificate --certificate-arn {certificate['CertificateArn']}"


def _status(certificate: "CertificateDetailTypeDef") -> Check:
    status, names = certificate["Status"], certificate.get("SubjectAlternativeNames", [])
    used = len(certificate.get("InUseBy", []))
    why = f" ({certificate['FailureReason']})" if certificate.get("FailureReason") else ""
    return Check(
        status="OK" if status == "ISSUED" else "NG",
        name="status",
        message=f"{status}{why}, for {', '.join(sorted(names))}; "
        f"in use by {counted(used, 'resource')}",
        shown_by=_command(certificate),
        remedy="" if status == "ISSUED" else "Restore its records (below), or run `pulumi up`.",
        details={
            "certificate_arn": certificate["CertificateArn"],
            "status": status,
            "names": sorted(names),
            "in_use_by": certificate.get("InUseBy", []),
        },
    )


def renewal(certificate: "CertificateDetailTypeDef") -> Iterator[Check]:
    if "NotAfter" not in certificate:
        return  # never issued; its status is a finding
    ends = certificate["NotAfter"]
    days = (ends - datetime.now(UTC)).days
    summary = certificate.get("RenewalSummary", {})
    status = summary.get("RenewalStatus", "")
    why = f" ({summary['RenewalStatusReason']})" if summary.get("RenewalStatusReason") else ""
    eligible = certificate.get("RenewalEligibility", "")
    late = days < MINIMUM_DAYS and status != "SUCCESS"
    yield Check(
        status="NG" if late else "OK",
        name="renewal",
        message=f"{days} days left, until {ends.astimezone(UTC):%Y-%m-%d}; "
        f"renewal: {status + why if status else 'not started'}, {_can_be_renewed(certificate)}",
        shown_by=_command(certificate),
        remedy=_remedy(certificate) if late else "",
        details={
            "certificate_arn": certificate["CertificateArn"],
            "days_left": days,
            "not_after": ends.astimezone(UTC).isoformat(),
            "renewal_status": status or None,
            "renewal_eligibility": eligible or None,
        },
    )


def _can_be_renewed(certificate: "CertificateDetailTypeDef") -> str:
    if certificate.get("Type") == "IMPORTED":
        return "imported: renew it by hand"
    if certificate.get("RenewalEligibility") == "ELIGIBLE":
        return "renewed by ACM"
    return "NOT eligible: ACM renews certificates in use only"


def _remedy(certificate: "CertificateDetailTypeDef") -> str:
    if certificate.get("Type") == "IMPORTED":
        return f"aws acm import-certificate --certificate-arn {certificate['CertificateArn']} ..."
    return "Restore missing records (below); ACM checks them again within hours."


def _validated(certificate: "CertificateDetailTypeDef") -> "list[DomainValidationTypeDef]":
    """Names that ACM validates by a DNS record."""
    options = certificate.get("DomainValidationOptions", [])
    return [option for option in options if "ResourceRecord" in option]


def record(option: "DomainValidationTypeDef") -> dict[str, str]:
    return {key: str(value) for key, value in option["ResourceRecord"].items()}


def _without_record(certificate: "CertificateDetailTypeDef") -> Iterator[Check]:
    for option in certificate.get("DomainValidationOptions", []):
        if "ResourceRecord" not in option:
            how = option.get("ValidationMethod", "no method")
            yield Check(
                status="SKIP",
                name=f"record of {option['DomainName']}",
                message=f"validated by {how}, which prevents automatic renewal by DNS",
                shown_by=_command(certificate),
            )


def _record(account: Account, zones: dict[str, str], option: "DomainValidationTypeDef") -> Check:
    wanted = record(option)
    name, kind, value = wanted["Name"], wanted["Type"], wanted["Value"]
    what, spelled = f"record of {option['DomainName']}", f"{name} {kind} {value}"
    zone = _zone(zones, name)
    if zone is None:
        return Check(
            status="SKIP",
            name=what,
            message=f"in no public hosted zone of this account; check that it exists: {spelled}",
            shown_by=f"dig +short {name} {kind}",
            details=wanted,
        )
    found = _values(account, zone, name, kind)
    right = _plain(value) in {_plain(one) for one in found}
    found_instead = f"is {', '.join(found)}; expected" if found else "is missing; expected"
    return Check(
        status="OK" if right else "NG",
        name=what,
        message=f"{spelled} is in zone {zone}" if right else f"{name} {found_instead}: {spelled}",
        shown_by=f"aws route53 list-resource-record-sets --hosted-zone-id {zone} "
        f"--start-record-name {name} --start-record-type {kind} --max-items 1",
        remedy="" if right else _upsert(zone, wanted),
        details={**wanted, "hosted_zone_id": zone, "found": found},
    )


def _zone(zones: dict[str, str], name: str) -> str | None:
    """The zone with the longest suffix of the record's name, which DNS resolves it in."""
    labels = _plain(name).split(".")
    above = (".".join(labels[at:]) for at in range(len(labels)))
    return next((zones[one] for one in above if one in zones), None)


def _values(account: Account, zone: str, name: str, kind: str) -> list[str]:
    listed = account.client("route53").list_resource_record_sets(
        HostedZoneId=zone,
        StartRecordName=name,
        StartRecordType=cast("RRTypeType", kind),
        MaxItems="1",
    )["ResourceRecordSets"]
    return [
        str(entry["Value"])
        for one in listed
        if (_plain(one["Name"]), one["Type"]) == (_plain(name), kind)
        for entry in one.get("ResourceRecords", [])
    ]


def _plain(name: str) -> str:
    """Lower case without the final dot: DNS names are case-insensitive."""
    return name.rstrip(".").lower()


def _upsert(zone: str, wanted: dict[str, str]) -> str:
    entry = {
        "Name": wanted["Name"],
        "Type": wanted["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": wanted["Value"]}],
    }
    batch = json.dumps({"Changes": [{"Action": "UPSERT", "ResourceRecordSet": entry}]})
    return (
        f"aws route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch '{batch}'"
    )


def _host(host: str, certificates: "list[CertificateDetailTypeDef]", listener: str) -> Check:
    names = [name for one in certificates for name in one.get("SubjectAlternativeNames", [])]
    covered = any(covers(name, host) for name in names)
    return Check(
        status="OK" if covered else "NG",
        name=f"host {host}",
        message="covered" if covered else f"in no certificate of the listener {listener}",
        shown_by=f"aws elbv2 describe-listener-certificates --listener-arn {listener}",
        remedy="" if covered else "`pulumi up` creates a certificate for both hosts.",
        details={"host": host},
    )


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name covers the host; `*` matches one label."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])

"""audit certificate: whether the listener's certificate holds, and will be renewed by itself.

ACM renews what is in use and whose validation records stand in DNS, from 60 days before the end.
https://docs.aws.amazon.com/acm/latest/userguide/dns-renewal-validation.html
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from arbor.account import Account, together
from arbor.security.audit import door as doors
from arbor.security.audit.line import Line
from arbor_names import naming

FEWEST_DAYS = 30
if TYPE_CHECKING:
    from mypy_boto3_route53.literals import RRTypeType
Found = dict[str, Any]


def audit(account: Account) -> list[Line]:
    """Of every certificate of the listener. Raises Refused where there is no such stack."""
    door = doors.find(account)
    hosts = (door.domain, naming.green_host(door.domain))
    arns = _arns(account, door.listener)
    zones, *certificates = together(
        partial(_zones, account), *(partial(_described, account, arn) for arn in arns)
    )
    lines = [line for one in certificates for line in (*_itself(one), *renewal(one))]
    records = {record(option)["Name"]: option for one in certificates for option in _validated(one)}
    lines += together(*(partial(_record, account, zones, one) for one in records.values()))
    lines += [line for one in certificates for line in _without_record(one)]
    return lines + [_host(host, certificates, door) for host in hosts]


def _arns(account: Account, listener: str) -> list[str]:
    """The default one and those that are chosen by the host's name, each once."""
    pages = account.client("elbv2").get_paginator("describe_listener_certificates")
    found = [one for page in pages.paginate(ListenerArn=listener) for one in page["Certificates"]]
    return list(dict.fromkeys(str(one["CertificateArn"]) for one in found))


def _described(account: Account, arn: str) -> Found:
    return dict(account.client("acm").describe_certificate(CertificateArn=arn)["Certificate"])


def _zones(account: Account) -> dict[str, str]:
    """The ids of the account's public hosted zones by the name, without the dot in the end."""
    pages = account.client("route53").get_paginator("list_hosted_zones")
    return {
        zone["Name"].rstrip(".").lower(): zone["Id"].rpartition("/")[2]
        for page in pages.paginate()
        for zone in page["HostedZones"]
        if not zone["Config"]["PrivateZone"]
    }


def _look(certificate: Found) -> str:
    return f"aws acm describe-certificate --certificate-arn {certificate['CertificateArn']}"


def _itself(certificate: Found) -> Iterator[Line]:
    status, names = certificate["Status"], certificate.get("SubjectAlternativeNames", [])
    used = len(certificate.get("InUseBy", []))
    why = f" ({certificate['FailureReason']})" if certificate.get("FailureReason") else ""
    yield Line(
        verdict="OK" if status == "ISSUED" else "NG",
        what="status",
        says=f"{status}{why}, for {', '.join(sorted(names))}; in use by {used} of AWS's resources",
        look=_look(certificate),
        mend="" if status == "ISSUED" else "Put its records back (below), or run `pulumi up`.",
        about={
            "certificate_arn": certificate["CertificateArn"],
            "status": status,
            "names": sorted(names),
            "in_use_by": certificate.get("InUseBy", []),
        },
    )


def renewal(certificate: Found) -> Iterator[Line]:
    if "NotAfter" not in certificate:
        return  # never issued, which its status says
    ends = certificate["NotAfter"]
    days = (ends - datetime.now(UTC)).days
    summary = certificate.get("RenewalSummary", {})
    status = summary.get("RenewalStatus", "")
    why = f" ({summary['RenewalStatusReason']})" if summary.get("RenewalStatusReason") else ""
    eligible = certificate.get("RenewalEligibility", "")
    late = days < FEWEST_DAYS and status != "SUCCESS"
    yield Line(
        verdict="NG" if late else "OK",
        what="renewal",
        says=f"{days} days left, until {ends.astimezone(UTC):%Y-%m-%d}; "
        f"renewal: {status + why if status else 'not begun'}, {_can_be_renewed(certificate)}",
        look=_look(certificate),
        mend=_mend(certificate) if late else "",
        about={
            "certificate_arn": certificate["CertificateArn"],
            "days_left": days,
            "not_after": ends.astimezone(UTC).isoformat(),
            "renewal_status": status or None,
            "renewal_eligibility": eligible or None,
        },
    )


def _can_be_renewed(certificate: Found) -> str:
    if certificate.get("Type") == "IMPORTED":
        return "imported: nobody renews it"
    if certificate.get("RenewalEligibility") == "ELIGIBLE":
        return "ACM renews it by itself"
    return "NOT eligible: ACM renews only what is in use"


def _mend(certificate: Found) -> str:
    if certificate.get("Type") == "IMPORTED":
        return f"aws acm import-certificate --certificate-arn {certificate['CertificateArn']} ..."
    return "Put missing records back (below): ACM looks for them again within hours."


def _validated(certificate: Found) -> list[Found]:
    """What ACM looks for in DNS, a name each."""
    options = certificate.get("DomainValidationOptions", [])
    return [option for option in options if "ResourceRecord" in option]


def record(option: Found) -> dict[str, str]:
    return {key: str(value) for key, value in option["ResourceRecord"].items()}


def _without_record(certificate: Found) -> Iterator[Line]:
    for option in certificate.get("DomainValidationOptions", []):
        if "ResourceRecord" not in option:
            how = option.get("ValidationMethod", "no method")
            yield Line(
                verdict="SKIP",
                what=f"record of {option['DomainName']}",
                says=f"validated by {how}: nothing in DNS renews it by itself",
                look=_look(certificate),
            )


def _record(account: Account, zones: dict[str, str], option: Found) -> Line:
    wanted = record(option)
    name, kind, value = wanted["Name"], wanted["Type"], wanted["Value"]
    what, spelled = f"record of {option['DomainName']}", f"{name} {kind} {value}"
    zone = _zone(zones, name)
    if zone is None:
        return Line(
            verdict="SKIP",
            what=what,
            says=f"no public hosted zone of this account holds it; see that it is: {spelled}",
            look=f"dig +short {name} {kind}",
            about=wanted,
        )
    found = _values(account, zone, name, kind)
    right = _plain(value) in {_plain(one) for one in found}
    instead = f"is {', '.join(found)} instead of" if found else "is missing, put back"
    return Line(
        verdict="OK" if right else "NG",
        what=what,
        says=f"{spelled} stands in zone {zone}" if right else f"{name} {instead}: {spelled}",
        look=f"aws route53 list-resource-record-sets --hosted-zone-id {zone} "
        f"--start-record-name {name} --start-record-type {kind} --max-items 1",
        mend="" if right else _put_back(zone, wanted),
        about={**wanted, "hosted_zone_id": zone, "found": found},
    )


def _zone(zones: dict[str, str], name: str) -> str | None:
    """That of the longest name above the record's: it is the one that is asked."""
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
    """DNS knows no case, and the dot in the end says nothing here."""
    return name.rstrip(".").lower()


def _put_back(zone: str, wanted: dict[str, str]) -> str:
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


def _host(host: str, certificates: list[Found], door: doors.Door) -> Line:
    names = [name for one in certificates for name in one.get("SubjectAlternativeNames", [])]
    covered = any(covers(name, host) for name in names)
    return Line(
        verdict="OK" if covered else "NG",
        what=f"host {host}",
        says="is covered" if covered else f"is in no certificate of the listener {door.listener}",
        look=f"aws elbv2 describe-listener-certificates --listener-arn {door.listener}",
        mend="" if covered else "`pulumi up` makes a certificate for both hosts.",
        about={"host": host},
    )


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is the host's; a star stands for one label."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])

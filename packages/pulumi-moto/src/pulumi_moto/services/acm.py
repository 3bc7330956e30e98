"""Certificates and their validation."""

import time

from pulumi_moto.clock import CLOCK
from pulumi_moto.row import ALLOWED_SECONDS, Change, Client, NotMadeError, Props, Row, State, fields
from pulumi_moto.services.missing import deleting, found_or_none
from pulumi_moto.shapes import Members, same_set, tag_dict, tag_list

PAUSE = 0.1
DEFAULT_SECONDS = 75 * 60.0
LONGEST_WAIT_SECONDS = 120.0
"""Real seconds; a limit for a stopped clock."""


def create(acm: Client, props: Props) -> str:
    tags = {"Tags": tag_list(props["tags"])} if props.get("tags") else {}
    made = acm.request_certificate(
        DomainName=props["domainName"],
        SubjectAlternativeNames=[props["domainName"], *props.get("subjectAlternativeNames", [])],
        ValidationMethod=props["validationMethod"],
        **tags,
    )
    return str(made["CertificateArn"])


def _describe(acm: Client, arn: str) -> Members | None:
    answer = found_or_none(acm.describe_certificate, CertificateArn=arn)
    return answer["Certificate"] if answer else None


def read(acm: Client, arn: str) -> State | None:
    found = _describe(acm, arn)
    if found is None:
        return None
    domain = found["DomainName"]
    options = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in found["DomainValidationOptions"]
        if "ResourceRecord" in option
    ]
    unique = {option["domainName"]: option for option in options}
    return {
        "domainName": domain,
        "subjectAlternativeNames": [n for n in found["SubjectAlternativeNames"] if n != domain],
        "validationMethod": found["DomainValidationOptions"][0]["ValidationMethod"],
        "tags": tag_dict(acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]),
        "arn": arn,
        "domainValidationOptions": [unique[name] for name in sorted(unique)],
        "status": found["Status"],
    }


def update(acm: Client, arn: str, change: Change) -> None:
    if "tags" in change.keys:
        old = tag_list(change.old.get("tags"))
        if old:
            acm.remove_tags_from_certificate(CertificateArn=arn, Tags=old)
        acm.add_tags_to_certificate(CertificateArn=arn, Tags=tag_list(change.new.get("tags")))


def wait_until_issued(acm: Client, props: Props) -> str:
    """Wait on the account's clock for the program's time-out. Raises NotMadeError at its end.

    The provider's default is 75 minutes, and it stores no state of a failed wait
    (terraform-provider-aws, internal/service/acm/certificate_validation.go).
    """
    arn = str(props["certificateArn"])
    allowed = ALLOWED_SECONDS.get() or DEFAULT_SECONDS
    started, ends = CLOCK.now(), time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        found = _describe(acm, arn)
        if found is not None and found["Status"] == "ISSUED":
            return arn
        if CLOCK.now() - started >= allowed or time.monotonic() > ends:
            break
        time.sleep(PAUSE)
    status = found["Status"] if found else "gone"
    domain = found["DomainName"] if found else arn
    raise NotMadeError(
        f"{arn} is still {status} after {allowed / 60:.0f} minutes. ACM reads its validation "
        f"records through the name servers of {domain}: point the domain at those of its hosted "
        "zone, then run this again."
    )


def same_names(old: list[str], new: list[str]) -> bool:
    """Compare as sets, with or without the final dot."""
    return same_set(*([name.rstrip(".") for name in names] for names in (old, new)))


def read_validation(acm: Client, arn: str) -> State | None:
    """Return the validation; None unless the certificate is ISSUED."""
    found = _describe(acm, arn)
    issued = found is not None and found["Status"] == "ISSUED"
    return {"certificateArn": arn} if issued else None


ROWS = (
    Row(
        token="aws:acm/certificate:Certificate",
        client="acm",
        source="internal/service/acm/certificate.go",
        inputs=fields("domainName subjectAlternativeNames validationMethod tags.*"),
        outputs=fields("arn domainValidationOptions status"),
        replaces=fields("domainName subjectAlternativeNames validationMethod"),
        computed=fields("domainName subjectAlternativeNames validationMethod"),
        same={"subjectAlternativeNames": same_set},
        create=create,
        read=read,
        update=update,
        delete=deleting("delete_certificate", "CertificateArn"),
    ),
    Row(
        token="aws:acm/certificateValidation:CertificateValidation",
        client="acm",
        source="internal/service/acm/certificate_validation.go",
        inputs=fields("certificateArn validationRecordFqdns"),
        replaces=fields("certificateArn validationRecordFqdns"),
        write_only=fields("validationRecordFqdns"),
        same={"validationRecordFqdns": same_names},
        adopts=True,
        create=wait_until_issued,
        read=read_validation,
        delete=lambda _acm, _arn, _state: None,
    ),
)

"""ACM: a certificate is issued when its validation records are in DNS."""

from typing import Any

from moto.acm.models import CertBundle
from moto.route53.models import route53_backends

from emulator.correction import Replacement, corrects


@corrects(
    CertBundle,
    "check",
    call="acm.describe_certificate",
    moto="issues a certificate after a minute, whatever DNS says",
    aws="issues it once each of its validation records can be found",
)
def issue_when_validated(original: Replacement, self: CertBundle) -> None:
    waiting = self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION"
    original(self)
    if waiting:
        self.status = "ISSUED" if _validated(self) else "PENDING_VALIDATION"


def _validated(certificate: CertBundle) -> bool:
    options: list[dict[str, Any]] = certificate.describe()["Certificate"].get(
        "DomainValidationOptions", []
    )
    wanted = {
        (option["ResourceRecord"]["Name"].rstrip("."), option["ResourceRecord"]["Value"])
        for option in options
        if "ResourceRecord" in option
    }
    return bool(wanted) and wanted <= _records(certificate.arn.split(":")[4])


def _records(account_id: str) -> set[tuple[str, str]]:
    """Name and value of every CNAME in the account's public zones."""
    zones = route53_backends[account_id]["aws"].zones.values()
    return {
        (record.name.rstrip("."), value)
        for zone in zones
        if not zone.private_zone
        for record in zone.rrsets
        if record.type == "CNAME"
        for value in record.records or []
    }

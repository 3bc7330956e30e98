"""ACM: certificates are issued once their validation records resolve, and renewed while in use."""

from moto.acm.models import CertBundle
from moto.elbv2.models import elbv2_backends
from moto.route53.models import FakeZone, route53_backends

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.registrar import REGISTRAR
from pulumi_moto.shapes import Members


@corrects(
    CertBundle,
    "check",
    call="acm.describe_certificate",
    moto="issues a certificate after a minute, without a look at DNS",
    aws="issues it once each of its validation records resolves through its domain's name servers",
)
def issue_when_validated(original: Replacement, self: CertBundle) -> None:
    waiting = self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION"
    original(self)
    if waiting:
        self.status = "ISSUED" if _validated(self) else "PENDING_VALIDATION"


UNTIL_ISSUED = ("IssuedAt", "NotBefore", "NotAfter", "Serial")
LISTED_NAMES = 100
"""Alternative names in a summary, at most."""


@corrects(
    CertBundle,
    "describe",
    call="acm.describe_certificate, acm.list_certificates",
    moto="returns a serial number and a time of issue for a pending certificate; lists "
    "certificates without their alternative names, and describes those in any order",
    aws="returns those for an issued certificate only; lists the first 100 names, the domain's "
    "first",
)
def describe_as_issued(original: Replacement, self: CertBundle) -> Members:
    described: Members = original(self)
    certificate = described["Certificate"]
    if certificate["Status"] == "PENDING_VALIDATION":
        for name in UNTIL_ISSUED:
            certificate.pop(name, None)
    # For the summaries alone: DescribeCertificate's response has no such members.
    names = sorted(
        certificate.get("SubjectAlternativeNames", []),
        key=lambda name: (name != certificate["DomainName"], name),
    )
    certificate["SubjectAlternativeNames"] = names
    certificate["SubjectAlternativeNameSummaries"] = names[:LISTED_NAMES]
    certificate["HasAdditionalSubjectAlternativeNames"] = len(names) > LISTED_NAMES
    return described


@corrects(
    CertBundle,
    "describe",
    call="acm.describe_certificate",
    moto="never renews, and omits a listener that gets the certificate later",
    aws="renews an issued certificate that a load balancer uses, and lists those in InUseBy",
)
def renew_what_is_used(original: Replacement, self: CertBundle) -> Members:
    described: Members = original(self)
    certificate = described["Certificate"]
    using = _balancers(self.arn)
    certificate["InUseBy"] = using
    renewable = (self.type, self.status) == ("AMAZON_ISSUED", "ISSUED") and bool(using)
    certificate["RenewalEligibility"] = "ELIGIBLE" if renewable else "INELIGIBLE"
    return described


def _balancers(arn: str) -> list[str]:
    """Return the load balancers with the certificate on a listener, in its account and region."""
    region, account_id = arn.split(":")[3:5]
    found = elbv2_backends[account_id][region].load_balancers.values()
    return sorted(
        balancer.arn
        for balancer in found
        for listener in balancer.listeners.values()
        if arn in listener.certificates
    )


def _validated(certificate: CertBundle) -> bool:
    options: list[Members] = certificate.describe()["Certificate"].get(
        "DomainValidationOptions", []
    )
    wanted = {
        (option["ResourceRecord"]["Name"].rstrip("."), option["ResourceRecord"]["Value"])
        for option in options
        if "ResourceRecord" in option
    }
    return bool(wanted) and wanted <= _records(certificate.arn.split(":")[4])


def _delegated(zone: FakeZone) -> bool:
    servers = zone.delegation_set.name_servers if zone.delegation_set else ()
    return REGISTRAR.delegates_to(zone.name, servers)


def _records(account_id: str) -> set[tuple[str, str]]:
    """Return name and value of each CNAME in the public zones that resolvers are delegated to."""
    zones = route53_backends[account_id]["aws"].zones.values()
    return {
        (record.name.rstrip("."), value)
        for zone in zones
        if not zone.private_zone and _delegated(zone)
        for record in zone.rrsets
        if record.type == "CNAME"
        for value in record.records or []
    }

"""The certificate with which the load balancer proves itself: whether it holds, and how long."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from arbor.account import Account, together
from arbor.incident.row import DAY, Row
from arbor_names import naming

SOON = 30
"""Days. ACM renews 60 days before the end; who has fewer left was not renewed for a month:
https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html"""


@dataclass(frozen=True, kw_only=True)
class CertificateNow:
    """One that infrastructure made."""

    arn: str
    domain: str
    status: str
    used: bool
    days_left: int | None
    """None for one that was never issued."""
    renewal: str
    """How ACM's last renewal goes; nothing before there was one."""

    @property
    def holds(self) -> bool:
        return self.status == "ISSUED" and self.days_left is not None and self.days_left >= 0

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left < SOON


def read(account: Account, now: datetime) -> list[CertificateNow]:
    """Those in use, or all when none is; found by their tags.

    A certificate that replaces another stands beside it for a while.
    """
    found = account.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[
            {"Key": "Project", "Values": [naming.PROJECT]},
            {"Key": "Stack", "Values": [account.stack]},
            {"Key": "Component", "Values": ["certificate"]},
        ],
        ResourceTypeFilters=["acm:certificate"],
    )["ResourceTagMappingList"]
    all_of_them = together(*(partial(_read, account, one["ResourceARN"], now) for one in found))
    return [one for one in all_of_them if one.used] or all_of_them


def _read(account: Account, arn: str, now: datetime) -> CertificateNow:
    found = account.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    until: datetime | None = found.get("NotAfter")
    return CertificateNow(
        arn=arn,
        domain=found["DomainName"],
        status=found["Status"],
        used=bool(found.get("InUseBy")),
        days_left=None if until is None else (until - now) // DAY,
        renewal=found.get("RenewalSummary", {}).get("RenewalStatus", ""),
    )


def rows(found: list[CertificateNow]) -> list[Row]:
    """A line each."""
    if not found:
        return [Row("NG", "certificate", "none has the stack's tags")]
    return [_row(one) for one in found]


def _row(one: CertificateNow) -> Row:
    wrong = not one.holds or one.ends_soon or one.renewal == "FAILED"
    left = "not issued" if one.days_left is None else f"{one.days_left} days left"
    renewal = f", renewal {one.renewal}" if one.renewal else ""
    return Row("NG" if wrong else "OK", "certificate", f"{one.status}, {left}{renewal}")

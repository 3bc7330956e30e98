"""The load balancer's certificate: status, days left and renewal."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from arbor.account import Account, together
from arbor.check import Check
from arbor.incident.checks import DAY
from arbor_names import naming

FEW_DAYS = 30
"""ACM renews 60 days before the end, so that fewer days mean a month of failed renewals:
https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html"""


@dataclass(frozen=True, kw_only=True)
class CertificateState:
    """A certificate with the stack's tags."""

    arn: str
    domain: str
    status: str
    used: bool
    days_left: int | None
    """None until it is issued."""
    renewal: str
    """The status of ACM's last renewal; empty before the first."""

    @property
    def is_valid(self) -> bool:
        return self.status == "ISSUED" and self.days_left is not None and self.days_left >= 0

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left < FEW_DAYS


def read(account: Account, now: datetime) -> list[CertificateState]:
    """The certificates in use, or all when none is; a replacement exists beside the old one."""
    arns = _tagged(account)
    found = together(*(partial(_read, account, arn, now) for arn in arns))
    return [one for one in found if one.used] or found


def _tagged(account: Account) -> list[str]:
    """The ARNs of the certificates with the stack's tags."""
    found = account.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[
            {"Key": "Project", "Values": [naming.PROJECT]},
            {"Key": "Stack", "Values": [account.stack]},
        ],
        ResourceTypeFilters=["acm:certificate"],
    )
    return [one["ResourceARN"] for one in found["ResourceTagMappingList"]]


def _read(account: Account, arn: str, now: datetime) -> CertificateState:
    found = account.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    until: datetime | None = found.get("NotAfter")
    return CertificateState(
        arn=arn,
        domain=found["DomainName"],
        status=found["Status"],
        used=bool(found.get("InUseBy")),
        days_left=None if until is None else (until - now) // DAY,
        renewal=found.get("RenewalSummary", {}).get("RenewalStatus", ""),
    )


def checks(found: list[CertificateState]) -> list[Check]:
    """One for each."""
    if not found:
        return [
            Check(status="NG", name="certificate", message="no certificate has the stack's tags")
        ]
    return [_check(one) for one in found]


def _check(one: CertificateState) -> Check:
    wrong = not one.is_valid or one.ends_soon or one.renewal == "FAILED"
    left = "not issued" if one.days_left is None else f"{one.days_left} days left"
    renewal = f", renewal {one.renewal}" if one.renewal else ""
    return Check(
        status="NG" if wrong else "OK", name="certificate", message=f"{one.status}, {left}{renewal}"
    )

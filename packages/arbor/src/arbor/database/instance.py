"""DB instances, as RDS describes them."""

from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.procedure import Refused
from arbor_names import naming

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

AVAILABLE = "available"
UNRECOVERABLE = frozenset(
    {
        "failed",
        "inaccessible-encryption-credentials",
        "incompatible-credentials",
        "incompatible-network",
        "incompatible-option-group",
        "incompatible-parameters",
        "incompatible-restore",
        "insufficient-capacity",
        "storage-full",
    }
)
"""Statuses that RDS doesn't leave without a change by an operator:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""


def find(account: Account, name: str = "") -> "DBInstanceTypeDef | None":
    """The stack's instance, or the one called `name`; None if it doesn't exist."""
    rds = account.client("rds")
    wanted = name or naming.database_instance(account.stack)
    try:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=wanted)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    return found


def read(account: Account, name: str = "") -> "DBInstanceTypeDef":
    """As `find`. Raises Refused if the instance doesn't exist."""
    found = find(account, name)
    if found is None:
        wanted = name or naming.database_instance(account.stack)
        raise Refused(f"There is no database {wanted}; run `pulumi up` of {account.stack}.")
    return found

"""A connection to the stack's PostgreSQL, through a task, as a user with a password."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import naming
from operations.account import Account
from operations.procedure import Failed, Refused
from operations.tunnel import Tunnel, tunnel

if TYPE_CHECKING:
    import psycopg

BUNDLE = "PGSSLROOTCERT"
"""As libpq names it: a file with RDS's authorities, without which they can't be checked."""
GET_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
SECONDS = 10
WRONG = ("password authentication failed", "no password supplied")


class WrongPasswordError(Exception):
    """The database does not know this user with this password."""


def instance(account: Account) -> dict[str, Any]:
    """The stack's database as RDS describes it; raises Refused when there is none."""
    rds, name = account.client("rds"), naming.database_instance(account.stack)
    try:
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        raise Refused(f"There is no database {name}; run `pulumi up` of {account.stack}.") from None
    return dict(found[0])


@contextmanager
def connection(
    account: Account, username: str, password: str, *, way: Tunnel = tunnel
) -> Iterator["psycopg.Connection"]:
    """Log in to the stack's database.

    TLS always; the certificate is checked where `PGSSLROOTCERT` names RDS's bundle, against the
    endpoint's name although the address is the tunnel's. Raises WrongPasswordError, and Failed for
    whatever else is in the way.
    """
    import psycopg  # noqa: PLC0415 - slow, and --help is fast

    endpoint = instance(account)["Endpoint"]
    bundle = os.environ.get(BUNDLE)
    if bundle is not None and not Path(bundle).is_file():
        raise Refused(f"{BUNDLE} names {bundle}, which is no file; get it from {GET_BUNDLE}")
    with way(account, endpoint["Address"], endpoint["Port"]) as port:
        try:
            made = psycopg.connect(
                host=endpoint["Address"],
                hostaddr="127.0.0.1",
                port=port,
                user=username,
                password=password,
                dbname=naming.database(account.stack),
                sslmode="verify-full" if bundle else "require",
                connect_timeout=SECONDS,
                application_name="arbor-operations",
            )
        except psycopg.OperationalError as error:
            if any(sentence in str(error) for sentence in WRONG):
                raise WrongPasswordError(username) from error
            raise Failed(f"PostgreSQL was not reached: {str(error).strip()}") from error
        with made:
            yield made

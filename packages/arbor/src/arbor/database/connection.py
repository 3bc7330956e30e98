"""A connection to the stack's PostgreSQL, through a task, as a user with a password."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arbor.account import Account
from arbor.procedure import Failed, Refused
from arbor.tunnel import Tunnel, tunnel
from arbor_names import naming

if TYPE_CHECKING:
    import psycopg

BUNDLE = "PGSSLROOTCERT"
"""As libpq names it: a file with RDS's authorities, without which they can't be checked."""
GET_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
SECONDS = 10
WRONG = ("password authentication failed", "no password supplied")


class WrongPasswordError(Exception):
    """The database does not know this user with this password."""


def named(account: Account, name: str) -> dict[str, Any] | None:
    """An instance as RDS describes it, or None when there is none of that name."""
    rds = account.client("rds")
    try:
        found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None
    return dict(found[0])


def instance(account: Account, name: str = "") -> dict[str, Any]:
    """The stack's database, or another of that name; raises Refused when there is none."""
    wanted = name or naming.database_instance(account.stack)
    found = named(account, wanted)
    if found is None:
        raise Refused(f"There is no database {wanted}; run `pulumi up` of {account.stack}.")
    return found


@contextmanager
def connection(
    account: Account, username: str, password: str, *, way: Tunnel = tunnel, name: str = ""
) -> Iterator["psycopg.Connection"]:
    """Log in to the stack's database, or to the instance called `name`.

    TLS always; the certificate is checked where `PGSSLROOTCERT` names RDS's bundle, against the
    endpoint's name although the address is the tunnel's. Raises WrongPasswordError, and Failed for
    whatever else is in the way.
    """
    import psycopg  # noqa: PLC0415 - slow, and --help is fast

    endpoint = instance(account, name)["Endpoint"]
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

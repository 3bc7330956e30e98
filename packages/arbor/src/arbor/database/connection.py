"""A connection to the stack's PostgreSQL through a tunnel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from arbor.account import Account
from arbor.database import instance
from arbor.procedure import Failed, Refused
from arbor.tunnel import Tunnel, tunnel
from arbor_names import naming

if TYPE_CHECKING:
    import psycopg

BUNDLE = "PGSSLROOTCERT"
"""libpq's variable for the file with RDS's certificate authorities."""
GET_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
SECONDS = 10
REJECTED = ("password authentication failed", "no password supplied")


class WrongPasswordError(Exception):
    """The database rejects the user's password."""


@contextmanager
def connection(
    account: Account, username: str, password: str, *, open_tunnel: Tunnel = tunnel, name: str = ""
) -> Iterator["psycopg.Connection"]:
    """Log in to the stack's database, or to the instance called `name`.

    TLS is required. If `PGSSLROOTCERT` names RDS's bundle, the certificate is verified for the
    endpoint's host name. Raises WrongPasswordError, Refused, and Failed for other errors.
    """
    import psycopg  # noqa: PLC0415 - slow, and --help is fast

    endpoint = instance.read(account, name)["Endpoint"]
    bundle = os.environ.get(BUNDLE)
    if bundle is not None and not Path(bundle).is_file():
        raise Refused(f"{BUNDLE} is {bundle}, which is not a file; download {GET_BUNDLE} to it.")
    with open_tunnel(account, endpoint["Address"], endpoint["Port"]) as port:
        try:
            session = psycopg.connect(
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
            if any(sentence in str(error) for sentence in REJECTED):
                raise WrongPasswordError(username) from error
            raise Failed(f"PostgreSQL is unreachable: {str(error).strip()}") from error
        with session:
            yield session

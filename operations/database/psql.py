"""A way to the database for a person: psql where it is installed, else the open way itself."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable

import naming
from operations.account import Account
from operations.database import secret
from operations.database.connection import BUNDLE, instance
from operations.tunnel import tunnel


def connect(account: Account, port: int, say: Callable[[str], None], *, only_way: bool) -> int:
    """Open the way on this machine's `port` and keep it until psql ends, or ctrl-c.

    Returns psql's exit code. The password goes to psql by its environment, and nowhere else.
    Raises Refused and Failed as the tunnel does.
    """
    endpoint, credentials = instance(account)["Endpoint"], secret.read(account).current
    program = None if only_way else shutil.which("psql")
    variables = {
        "PGHOST": endpoint["Address"],
        "PGHOSTADDR": "127.0.0.1",
        "PGUSER": credentials.username,
        "PGDATABASE": naming.database(account.stack),
        "PGSSLMODE": "verify-full" if os.environ.get(BUNDLE) else "require",
    }
    with tunnel(account, endpoint["Address"], endpoint["Port"], local_port=port) as listening:
        variables["PGPORT"] = str(listening)
        if program is None:
            say("export " + " ".join(f"{name}={value}" for name, value in variables.items()))
            say(f'export PGPASSWORD="$({_password_of(account)})"')
            say("The way is open; ctrl-c closes it.")
            _until_interrupted()
            return 0
        environment = {**os.environ, **variables, "PGPASSWORD": credentials.password}
        with subprocess.Popen([program], env=environment) as process:  # noqa: S603 - found in PATH
            return _until_it_ends(process)


def _password_of(account: Account) -> str:
    return (
        f"aws secretsmanager get-secret-value --secret-id {naming.secret(account.stack, 'db')} "
        "--query SecretString --output text | jq -r .password"
    )


def _until_interrupted() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def _until_it_ends(process: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # it is psql's, too, and cancels a query there

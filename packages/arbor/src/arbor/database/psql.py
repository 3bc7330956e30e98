"""A way to the database for a person: psql where it is installed, else the open way itself."""

import os
import shutil
from collections.abc import Callable

from arbor import interactive
from arbor.account import Account
from arbor.database import secret
from arbor.database.connection import BUNDLE, instance
from arbor.tunnel import tunnel
from arbor_names import naming


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
        if program is not None:
            return interactive.run([program], {**variables, "PGPASSWORD": credentials.password})
        say(interactive.export(variables))
        say(interactive.export_password("PGPASSWORD", naming.secret(account.stack, "db")))
        return interactive.keep_open(say)

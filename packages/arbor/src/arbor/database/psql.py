"""database connect: psql through a tunnel, or the tunnel alone."""

import os
import shutil
from collections.abc import Callable

from arbor import interactive
from arbor.account import Account
from arbor.database import instance, secret
from arbor.database.connection import BUNDLE
from arbor.tunnel import tunnel
from arbor_names import naming


def connect(account: Account, port: int, say: Callable[[str], None], *, tunnel_only: bool) -> int:
    """Open a tunnel on local `port` until psql exits or Ctrl-C; returns the exit code.

    psql gets the password in its environment only. Without psql in PATH, print its variables.
    Raises Refused and Failed as `tunnel` does.
    """
    endpoint, credentials = instance.read(account)["Endpoint"], secret.read(account).current
    program = None if tunnel_only else shutil.which("psql")
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

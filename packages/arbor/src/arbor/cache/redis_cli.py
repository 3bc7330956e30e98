"""A way to the cache for a person: redis-cli where it is installed, else the open way itself."""

import shutil
from collections.abc import Callable

from arbor import interactive
from arbor.account import Account
from arbor.cache import group, token
from arbor.tunnel import tunnel
from arbor_names import naming

AUTH = "REDISCLI_AUTH"


def connect(account: Account, port: int, say: Callable[[str], None], *, only_way: bool) -> int:
    """Open the way on this machine's `port` and keep it until redis-cli ends, or ctrl-c.

    Returns redis-cli's exit code. The token goes to it by its environment, and nowhere else.
    Raises Refused and Failed as the tunnel does.
    """
    found, password = group.read(account), token.read(account).current.text
    program = None if only_way else shutil.which("redis-cli")
    with tunnel(account, found.host, found.port, local_port=port) as listening:
        words = ["--tls", "--sni", found.host, "-h", "127.0.0.1", "-p", str(listening)]
        if program is not None:
            return interactive.run([program, *words], {AUTH: password})
        say(interactive.export_password(AUTH, naming.secret(account.stack, "redis")))
        say(" ".join(["redis-cli", *words]))
        return interactive.keep_open(say)

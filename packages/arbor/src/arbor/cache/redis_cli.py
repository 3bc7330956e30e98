"""cache connect: redis-cli through a tunnel, or the tunnel alone."""

import shutil
from collections.abc import Callable

from arbor import interactive
from arbor.account import Account
from arbor.cache import group, token
from arbor.tunnel import tunnel
from arbor_names import naming

AUTH = "REDISCLI_AUTH"


def connect(account: Account, port: int, say: Callable[[str], None], *, tunnel_only: bool) -> int:
    """Open a tunnel on local `port` until redis-cli exits or Ctrl-C; returns the exit code.

    redis-cli gets the token in its environment only. Without redis-cli in PATH, print its command.
    Raises Refused and Failed as `tunnel` does.
    """
    found, password = group.read(account), token.read(account).current.text
    program = None if tunnel_only else shutil.which("redis-cli")
    with tunnel(account, found.host, found.port, local_port=port) as listening:
        words = ["--tls", "--sni", found.host, "-h", "127.0.0.1", "-p", str(listening)]
        if program is not None:
            return interactive.run([program, *words], {AUTH: password})
        say(interactive.export_password(AUTH, naming.secret(account.stack, "redis")))
        say(" ".join(["redis-cli", *words]))
        return interactive.keep_open(say)

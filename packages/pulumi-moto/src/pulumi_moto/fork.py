"""A copy of the account as it is this moment, in a process of its own.

Copying a process is how the whole of moto's memory is copied at once and in milliseconds, so that
many things can be tried from one state that took the engine a minute to reach.
"""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import make_server

_COPIES: set[int] = set()
"""Processes that this one has made, as far as it is known."""
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def fork(app: Wsgi, request_handler: type) -> int:
    """Start the copy; returns the port of its HTTP. It ends when asked to, or with this process."""
    owner = os.getpid()
    # Made on this side: it looks up a name, and the resolver may not survive the copying.
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=request_handler)
    port = int(http.server_port)
    if child := os.fork():
        _COPIES.add(child)
        http.socket.close()
        _bury()
        return port
    _COPIES.clear()
    gc.freeze()  # what was copied stays; looking through it for garbage would really copy it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # the account's own would end it in order
    os.environ["MOTO_PORT"] = str(port)
    threading.Thread(target=_end_with, args=[owner], daemon=True).start()
    http.serve_forever()
    return os._exit(0)


def _bury() -> None:
    """Of copies that have ended, nothing is to be left."""
    for child in list(_COPIES):
        if os.waitpid(child, os.WNOHANG)[0]:
            _COPIES.discard(child)


def _end_with(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(1)
    os._exit(0)

"""A fork of the account: a copy of its current state, in a process of its own.

os.fork copies moto's memory in milliseconds, so that tests can start from a state that took the
engine a minute to reach.
"""

import gc
import os
import signal
import threading
import time
from wsgiref.types import WSGIApplication

from werkzeug.serving import make_server

_CHILDREN: set[int] = set()
"""Child processes that were not reaped yet."""


def fork(app: WSGIApplication, request_handler: type) -> int:
    """Fork the process and return the HTTP port of the copy, which ends with this process."""
    owner = os.getpid()
    # Created before the fork: it resolves a name, and the resolver may not survive a fork.
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=request_handler)
    port = int(http.server_port)
    if child := os.fork():
        _CHILDREN.add(child)
        http.socket.close()
        _reap()
        return port
    _CHILDREN.clear()
    gc.freeze()  # a collection would touch, and so copy, all shared pages
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # instead of the account's handlers
    os.environ["MOTO_PORT"] = str(port)
    threading.Thread(target=_end_with, args=[owner], daemon=True).start()
    http.serve_forever()
    return os._exit(0)


def _reap() -> None:
    """Reap copies that have ended."""
    for child in list(_CHILDREN):
        if os.waitpid(child, os.WNOHANG)[0]:
            _CHILDREN.discard(child)


def _end_with(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(1)
    os._exit(0)

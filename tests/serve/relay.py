"""A local port that forwards to a store, and can be closed like an outage."""

import socket
import threading
from contextlib import suppress

CHUNK = 65536


class Relay:
    """While it is closed, open and new connections end at once."""

    def __init__(self, to: int) -> None:
        """Listen on a free port and forward to the local port `to`."""
        self._to = to
        self._is_open = True
        self._held: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def set_open(self, *, is_open: bool) -> None:
        """Open or close it; repeating a call changes nothing."""
        with self._lock:
            self._is_open = is_open
            ending = set() if is_open else self._held.copy()
        for end in ending:
            _shut(end)

    def close(self) -> None:
        """Stop listening."""
        self.set_open(is_open=False)
        _shut(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._lead, args=[inside], daemon=True).start()

    def _lead(self, inside: socket.socket) -> None:
        with inside, suppress(OSError):
            if not self._is_open:
                return
            with socket.create_connection(("127.0.0.1", self._to)) as outside:
                with self._lock:
                    self._held |= {inside, outside}
                try:
                    if not self._is_open:
                        return
                    back = threading.Thread(target=_pour, args=[outside, inside], daemon=True)
                    back.start()
                    _pour(inside, outside)
                    back.join()
                finally:
                    with self._lock:
                        self._held -= {inside, outside}


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    _shut(sink)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)

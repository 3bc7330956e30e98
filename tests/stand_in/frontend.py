"""A stand-in for the frontend: a page at every path, and the lines that Next.js writes.

Its server calls nothing: the browser calls the API.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = b"<!DOCTYPE html><html><head><title>Arbor</title></head><body></body></html>"


class Page(BaseHTTPRequestHandler):
    """Closes idle connections later than the load balancer does."""

    protocol_version = "HTTP/1.1"
    timeout = int(os.environ.get("KEEP_ALIVE_TIMEOUT", "5000")) / 1000

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Next.js writes no line for a request."""


def main() -> None:
    """Serve until SIGTERM."""
    port = int(os.environ["PORT"])
    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    server.daemon_threads = True
    lines = (
        "   ▲ Next.js 15.0.3",
        f"   - Local:        http://localhost:{port}",
        " ✓ Ready in 68ms",
    )
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()

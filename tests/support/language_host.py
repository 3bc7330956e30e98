"""A stand-in for Pulumi's Python language host, which only the official CLI contains.

The engine starts it with its address as the last argument and reads the port. It runs `__main__.py`
of the project's directory as the official one does, and starts a policy pack, so that the plain
`pulumi` command can be tested where only the CLI itself could be built.
"""

import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

PACK = Path(__file__).with_name("policy_pack.py")
MAX_MESSAGE = 400 * 1024 * 1024


class Host(LanguageServer):
    """Runs the program of the project that the engine names."""

    def __init__(self, engine: str) -> None:
        super().__init__(self._program)
        self._engine = engine

    @staticmethod
    def _program() -> None:
        runpy.run_path("__main__.py", run_name="__main__")

    def Handshake(self, request: object, context: object) -> Any:  # noqa: N802, ARG002 - gRPC names it
        return language_pb2.LanguageHandshakeResponse()

    def Run(self, request: Any, context: object) -> Any:  # noqa: N802 - the protocol's names
        project = request.info.program_directory or request.pwd
        os.chdir(project)
        sys.path.insert(0, project)
        request.args[:] = [self._engine]
        return super().Run(request, context)  # type: ignore[no-untyped-call] # the SDK has none

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802 - as above
        """Run a policy pack, and forward its output: the engine reads its port there."""
        messages: SimpleQueue[Any] = SimpleQueue()
        plugin = subprocess.Popen(
            [sys.executable, "-u", str(PACK), request.info.program_directory, *request.args],
            cwd=request.pwd,
            env={**os.environ, **dict(one.split("=", 1) for one in request.env)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(plugin.kill)
        readers = {
            "stdout": lambda line: language_pb2.RunPluginResponse(stdout=line),
            "stderr": lambda line: language_pb2.RunPluginResponse(stderr=line),
        }

        def read(name: str, stream: IO[bytes]) -> None:
            for line in stream:
                messages.put(readers[name](line))
            messages.put(None)

        pipes = {"stdout": plugin.stdout, "stderr": plugin.stderr}
        for name, stream in pipes.items():
            threading.Thread(target=read, args=(name, stream), daemon=True).start()
        for _ in pipes:
            yield from iter(messages.get, None)
        yield language_pb2.RunPluginResponse(exitcode=plugin.wait())


def main() -> None:
    """Serve until the engine ends this process."""
    options = [("grpc.max_receive_message_length", MAX_MESSAGE)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()

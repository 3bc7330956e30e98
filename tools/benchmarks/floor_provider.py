"""A provider that does nothing, to measure the engine's own cost.

`python -m tools.benchmarks.floor_provider` prints its port and serves until its input closes.
"""

import itertools
import sys
from typing import NoReturn

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from pulumi_moto import provider
from pulumi_moto.provider import Context


class DoesNothing(provider.Provider):
    """Accepts everything, finds no difference, invents ids."""

    def __init__(self) -> None:
        super().__init__(self._no_client, account_id="none")
        self._ids = itertools.count(1)

    @staticmethod
    def _no_client(service: str) -> NoReturn:
        raise NotImplementedError(service)

    def Check(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Create(
        self, request: provider_pb2.CreateRequest, context: Context
    ) -> provider_pb2.CreateResponse:
        found = "" if request.preview else f"id-{next(self._ids)}"
        return provider_pb2.CreateResponse(id=found, properties=request.properties)

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()


def main() -> None:
    """Serve on a free port of the loopback interface."""
    server, port = provider.serve(DoesNothing())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()

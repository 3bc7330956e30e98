"""Serves the emulated awsx to the engine, attached by PULUMI_DEBUG_PROVIDERS."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_moto.awsx.construct import VERSION, Awsx

MAX_MESSAGE = 400 * 1024 * 1024
LIMITS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
]


class Servicer(ProviderServicer):
    """The SDK's servicer, which a plugin's `main` starts, made attachable.

    Construct sets the SDK's global settings to the calling engine's, so one runs at a time.
    """

    def __init__(self) -> None:
        super().__init__(Awsx(), [], "")
        self._one_at_a_time = asyncio.Lock()

    async def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: object
    ) -> provider_pb2.ProviderHandshakeResponse:
        self.engine_address = request.engine_address
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    async def Attach(self, request: plugin_pb2.PluginAttach, context: object) -> empty_pb2.Empty:
        self.engine_address = request.address
        return empty_pb2.Empty()

    async def GetPluginInfo(
        self, request: empty_pb2.Empty, context: object
    ) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    async def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: object
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: object
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Cancel(self, request: empty_pb2.Empty, context: object) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    async def Construct(
        self, request: provider_pb2.ConstructRequest, context: grpc.aio.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        async with self._one_at_a_time:
            return await super().Construct(request, context)


def serve() -> tuple[int, Callable[[], None]]:
    """Start on a free loopback port; return the port and a function that stops the server."""
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        server = grpc.aio.server(options=LIMITS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        stop = asyncio.Event()
        started.set_result((port, asyncio.get_running_loop(), stop))
        await stop.wait()
        await server.stop(grace=1)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    port, loop, stop = started.result(timeout=30)

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=5)

    return port, end

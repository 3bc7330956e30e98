"""The Pulumi provider in front of the account, attached to the engine over gRPC."""

import functools
import logging
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import NoReturn, Protocol, TypeVar

import grpc
from botocore.exceptions import ClientError
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_moto import lifecycle
from pulumi_moto.registry import row_for
from pulumi_moto.row import ALLOWED_SECONDS, Client, Inputs, NotMadeError, Row
from pulumi_moto.versions import AWS_VERSION, sdk_version
from pulumi_moto.wire import Request, name_of, to_python, to_struct, type_of

MAX_MESSAGE = 400 * 1024 * 1024
"""The engine's limit of a message."""
PROVIDER_CONFIG = {"region", "allowedAccountIds", "version", "pluginDownloadURL"}
ClientOf = Callable[[str], Client]
RequestT = TypeVar("RequestT", bound=Request)
AnswerT = TypeVar("AnswerT")

log = logging.getLogger(__name__)


class Context(Protocol):
    """The used part of `grpc.ServicerContext`, which has no types."""

    def abort(self, code: object, details: str) -> NoReturn: ...
    def code(self) -> object: ...
    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None: ...


def with_row(
    handler: Callable[["Provider", RequestT, Context, Row], AnswerT],
) -> Callable[["Provider", RequestT, Context], AnswerT]:
    """Pass the request's row to the handler; turn its exceptions into one-sentence errors."""

    @functools.wraps(handler)
    def handle(provider: "Provider", request: RequestT, context: Context) -> AnswerT:
        where = f"{type_of(request)} ({name_of(request)})"
        try:
            return handler(provider, request, context, row_for(type_of(request)))
        except NotImplementedError as missing:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, str(missing))
        except (ClientError, NotMadeError) as refused:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{where}: {refused}")
        except Exception as broken:
            if context.code() is not None:  # already aborted with its own message
                raise
            log.exception(where)
            context.abort(grpc.StatusCode.INTERNAL, f"{where}: {type(broken).__name__}: {broken}")

    return handle


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The providers `aws` and `random`, for the types with a row.

    Secrets: the engine unwraps them for a provider that does not accept them, and marks the same
    outputs as secret again, so they stay secret in the state.
    """

    def __init__(self, client_of: ClientOf, account_id: str) -> None:
        self._client_of = client_of
        self._account_id = account_id

    def _client(self, row: Row) -> Client:
        return None if row.client is None else self._client_of(row.client)

    # Plugin

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=sdk_version("pulumi_aws", otherwise=AWS_VERSION))

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def GetMapping(
        self, request: provider_pb2.GetMappingRequest, context: Context
    ) -> provider_pb2.GetMappingResponse:
        return provider_pb2.GetMappingResponse()

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: Context
    ) -> provider_pb2.CheckResponse:
        given = to_python(request.news)
        unknown = sorted(set(given) - PROVIDER_CONFIG)
        if unknown:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Provider configuration {', '.join(unknown)} is not emulated; "
                f"allowed: {', '.join(sorted(PROVIDER_CONFIG))}.",
            )
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: Context
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        allowed = to_python(request.args).get("allowedAccountIds") or []
        if allowed and self._account_id not in allowed:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"These credentials are for account {self._account_id}; aws:allowedAccountIds "
                f"allows {allowed}.",
            )
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: Context
    ) -> provider_pb2.InvokeResponse:
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.tok} is a look-up, which is not emulated, because a preview makes no AWS "
            "call: read the value from the stack's config.",
        )

    # Resources

    @with_row
    def Check(
        self, request: provider_pb2.CheckRequest, context: Context, row: Row
    ) -> provider_pb2.CheckResponse:
        inputs, failures = lifecycle.check(
            row,
            name_of(request),
            to_python(request.olds),
            to_python(request.news),
            request.randomSeed,
        )
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs),
            failures=[provider_pb2.CheckFailure(reason=reason) for reason in failures],
        )

    @with_row
    def Diff(
        self, request: provider_pb2.DiffRequest, context: Context, row: Row
    ) -> provider_pb2.DiffResponse:
        found = lifecycle.diff(
            row,
            to_python(request.olds),
            to_python(request.old_inputs),
            to_python(request.news),
            request.ignoreChanges,
        )
        response, kind = provider_pb2.DiffResponse, provider_pb2.PropertyDiff
        return response(
            changes=response.DIFF_SOME if found.changed else response.DIFF_NONE,
            diffs=sorted(found.changed),
            replaces=sorted(found.replaces),
            deleteBeforeReplace=found.delete_first,
            detailedDiff={
                key: kind(
                    kind=kind.UPDATE_REPLACE if key in found.replaces else kind.UPDATE,
                    inputDiff=True,
                )
                for key in found.changed
            },
            hasDetailedDiff=True,
        )

    @with_row
    def Create(
        self, request: provider_pb2.CreateRequest, context: Context, row: Row
    ) -> provider_pb2.CreateResponse:
        inputs = to_python(request.properties)
        if request.preview:
            state = lifecycle.previewed_create(row, inputs)
            return provider_pb2.CreateResponse(properties=to_struct(state))
        ALLOWED_SECONDS.set(request.timeout or None)
        with reporting_partial_state(context, inputs):
            physical_id, state = lifecycle.create(row, self._client(row), inputs)
        return provider_pb2.CreateResponse(
            id=physical_id, properties=to_struct({**state, "id": physical_id})
        )

    @with_row
    def Read(
        self, request: provider_pb2.ReadRequest, context: Context, row: Row
    ) -> provider_pb2.ReadResponse:
        old_state, old_inputs = to_python(request.properties), to_python(request.inputs)
        client = self._client(row)
        if old_state or old_inputs:
            read = lifecycle.read(row, client, request.id, old_state, old_inputs)
            found = read and (request.id, *read)
        else:
            found = lifecycle.imported(row, client, request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        physical_id, state, inputs = found
        return provider_pb2.ReadResponse(
            id=physical_id,
            properties=to_struct({**state, "id": physical_id}),
            inputs=to_struct(inputs),
        )

    @with_row
    def Update(
        self, request: provider_pb2.UpdateRequest, context: Context, row: Row
    ) -> provider_pb2.UpdateResponse:
        olds, news = to_python(request.olds), to_python(request.news)
        if request.preview:
            state = lifecycle.previewed_update(row, olds, to_python(request.old_inputs), news)
        else:
            with reporting_partial_state(context, news):
                state = lifecycle.update(
                    row,
                    self._client(row),
                    request.id,
                    olds,
                    to_python(request.old_inputs),
                    news,
                    request.ignoreChanges,
                )
        return provider_pb2.UpdateResponse(properties=to_struct({**state, "id": request.id}))

    @with_row
    def Delete(
        self, request: provider_pb2.DeleteRequest, context: Context, row: Row
    ) -> empty_pb2.Empty:
        row.delete(self._client(row), request.id, to_python(request.properties))
        return empty_pb2.Empty()


@contextmanager
def reporting_partial_state(context: Context, inputs: Inputs) -> Iterator[None]:
    """Report id and state of a half-created resource, so that the engine keeps it in the state."""
    try:
        yield
    except lifecycle.HalfDoneError as failed:
        detail = any_pb2.Any()
        detail.Pack(_init_failed(failed, inputs), type_url_prefix="type.googleapis.com/")
        status = status_pb2.Status(
            code=grpc.StatusCode.UNKNOWN.value[0], message=str(failed), details=[detail]
        )
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(failed))


def _init_failed(
    failed: lifecycle.HalfDoneError, inputs: Inputs
) -> provider_pb2.ErrorResourceInitFailed:
    return provider_pb2.ErrorResourceInitFailed(
        id=failed.physical_id,
        properties=to_struct({**failed.state, "id": failed.physical_id}),
        reasons=[str(failed)],
        inputs=to_struct(inputs),
    )


def serve(provider: Provider) -> tuple[grpc.Server, int]:
    """Start a provider on a free port of the loopback interface."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16),
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.max_send_message_length", MAX_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port

"""The engine's wire format: URNs, and property values as protobuf structs."""

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from pulumi_moto.row import Inputs

Request = (
    provider_pb2.CheckRequest
    | provider_pb2.DiffRequest
    | provider_pb2.CreateRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
    | provider_pb2.DeleteRequest
)


def type_of(request: Request) -> str:
    """Return the type token of a request's URN; a child's is the last of `parent$child`."""
    return str(request.urn).split("::")[2].split("$")[-1]


def name_of(request: Request) -> str:
    return str(request.urn).split("::", 3)[3]


def to_python(struct: struct_pb2.Struct) -> Inputs:
    """Convert to Python values; a whole number becomes an int, as boto3 requires."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return to_python(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind == "null_value" else getattr(value, kind or "string_value")


def to_struct(values: Inputs) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct

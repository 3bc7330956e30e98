"""Route 53: a change batch must fit the existing records."""

from collections.abc import Iterator
from typing import Any

from moto.route53.exceptions import Route53ClientError
from moto.route53.models import FakeZone, Route53Backend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members, Params

Key = tuple[str, str, str]
"""Name, type and set identifier, which identify a record set."""


def _name(name: str) -> str:
    return name.rstrip(".").lower()


def _key(record: Params) -> Key:
    return _name(record["Name"]), record["Type"], str(record.get("SetIdentifier") or "")


def _values(record: Params) -> tuple[Any, ...]:
    alias = record.get("AliasTarget") or {}
    listed = record.get("ResourceRecords") or []
    values = sorted(one["Value"] if isinstance(one, dict) else str(one) for one in listed)
    ttl = record.get("TTL")
    return (None if ttl is None else int(ttl), values, _name(str(alias.get("DNSName", ""))))


def _held(zone: FakeZone) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    for found in zone.rrsets:
        key = (_name(found.name), str(found.type), str(found.set_identifier or ""))
        alias = getattr(found, "alias_target", None) or {}
        ttl = getattr(found, "ttl", None)
        yield (
            key,
            (
                None if ttl is None else int(ttl),
                sorted(map(str, found.records or [])),
                _name(str(alias.get("DNSName", ""))),
            ),
        )


def _invalid(words: str) -> Route53ClientError:
    return Route53ClientError("InvalidChangeBatch", f"[{words}]")


def _apply(
    held: dict[Key, tuple[Any, ...]], action: str, record: Params
) -> dict[Key, tuple[Any, ...]]:
    """Return the zone's records after one change of a batch."""
    key = _key(record)
    name, kind, _ = key
    words = f"resource record set [name='{name}.', type='{kind}']"
    if action == "DELETE":
        if key not in held:
            raise _invalid(f"Tried to delete {words} but it was not found")
        if held[key] != _values(record):
            raise _invalid(
                f"Tried to delete {words} but the values provided do not match the current values"
            )
        return {other: value for other, value in held.items() if other != key}
    if action == "CREATE" and key in held:
        raise _invalid(f"Tried to create {words} but it already exists")
    for other_name, other_kind, _ in held:
        if other_name == name and other_kind != kind and "CNAME" in {kind, other_kind}:
            raise _invalid(
                f"RRSet of type {kind} with DNS name {name}. is not permitted as it conflicts "
                f"with other records with the same DNS name in zone"
            )
    return {**held, key: _values(record)}


@corrects(
    Route53Backend,
    moto="creates a record that exists with other values; deletes one by outdated values; accepts "
    "a CNAME next to other records of the name",
    aws="refuses those, and applies no change of the batch",
)
def change_resource_record_sets(
    original: Replacement, self: Route53Backend, zoneid: str, change_list: list[Members]
) -> None:
    held = dict(_held(self.get_hosted_zone(zoneid)))
    for change in change_list:
        held = _apply(held, str(change["Action"]), change["ResourceRecordSet"])
    original(self, zoneid, change_list)

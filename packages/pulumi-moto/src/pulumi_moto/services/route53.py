"""Hosted zones and records."""

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import found_or_none, ignore_missing
from pulumi_moto.shapes import Members, same_set, tag_dict, tag_list


def create_zone(dns: Client, props: Props) -> str:
    made = dns.create_hosted_zone(
        Name=props["name"],
        CallerReference=f"pulumi-{props['name']}",
        HostedZoneConfig={"Comment": props.get("comment", "Managed by Pulumi")},
    )
    zone = str(made["HostedZone"]["Id"].split("/")[-1])
    _tag(dns, zone, {}, props.get("tags") or {})
    return zone


def _tag(dns: Client, zone: str, old: dict[str, str], new: dict[str, str]) -> None:
    gone = [key for key in old if key not in new]
    params: Members = {"AddTags": tag_list(new)} if new else {}
    params |= {"RemoveTagKeys": gone} if gone else {}
    if params:
        dns.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, **params)


def read_zone(dns: Client, zone: str) -> State | None:
    found = found_or_none(dns.get_hosted_zone, Id=zone)
    if found is None:
        return None
    tags = dns.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)
    return {
        "name": found["HostedZone"]["Name"].rstrip("."),
        "comment": found["HostedZone"]["Config"].get("Comment", ""),
        "tags": tag_dict(tags["ResourceTagSet"]["Tags"]),
        "arn": f"arn:aws:route53:::hostedzone/{zone}",
        "zoneId": zone,
        "nameServers": sorted(found["DelegationSet"]["NameServers"]),
    }


def update_zone(dns: Client, zone: str, change: Change) -> None:
    if "comment" in change.keys:
        dns.update_hosted_zone_comment(Id=zone, Comment=change.new.get("comment", ""))
    if "tags" in change.keys:
        _tag(dns, zone, change.old.get("tags") or {}, change.new.get("tags") or {})


def delete_zone(dns: Client, zone: str, state: Props) -> None:
    """Delete the zone; with `forceDestroy`, delete its records first."""
    if state.get("forceDestroy"):
        listed: Members | None = found_or_none(dns.list_resource_record_sets, HostedZoneId=zone)
        for record in (listed or {}).get("ResourceRecordSets", []):
            if record["Type"] not in OF_THE_ZONE:
                _change(dns, zone, "DELETE", record)
    ignore_missing(dns.delete_hosted_zone, Id=zone)


OF_THE_ZONE = ("NS", "SOA")
"""Record types that Route 53 creates and deletes with a zone."""


def _record_set(props: Props) -> Members:
    base: Members = {"Name": props["name"], "Type": props["type"]}
    if aliases := props.get("aliases"):
        (alias,) = aliases
        return {
            **base,
            "AliasTarget": {
                "DNSName": alias["name"],
                "HostedZoneId": alias["zoneId"],
                "EvaluateTargetHealth": alias["evaluateTargetHealth"],
            },
        }
    values = [{"Value": value} for value in props["records"]]
    return {**base, "TTL": int(props["ttl"]), "ResourceRecords": values}


def _change(dns: Client, zone: str, action: str, record: Members) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def create_record(dns: Client, props: Props) -> str:
    action = "UPSERT" if props.get("allowOverwrite") else "CREATE"
    _change(dns, props["zoneId"], action, _record_set(props))
    return f"{props['zoneId']}_{props['name'].rstrip('.').lower()}_{props['type']}"


def _find(dns: Client, physical_id: str) -> Members | None:
    zone, rest = physical_id.split("_", 1)
    name, kind = rest.rsplit("_", 1)
    listed: Members | None = found_or_none(
        dns.list_resource_record_sets, HostedZoneId=zone, StartRecordName=name, StartRecordType=kind
    )
    for record in (listed or {}).get("ResourceRecordSets", []):
        if record["Name"].rstrip(".") == name and record["Type"] == kind:
            return dict(record)
    return None


def read_record(dns: Client, physical_id: str) -> State | None:
    found = _find(dns, physical_id)
    if found is None:
        return None
    name = found["Name"].rstrip(".")
    state: State = {
        "zoneId": physical_id.split("_", 1)[0],
        "name": name,
        "type": found["Type"],
        "fqdn": name,
    }
    if alias := found.get("AliasTarget"):
        target = {
            "name": alias["DNSName"].rstrip("."),
            "zoneId": alias["HostedZoneId"],
            "evaluateTargetHealth": alias["EvaluateTargetHealth"],
        }
        return {**state, "aliases": [target]}
    values = [value["Value"] for value in found["ResourceRecords"]]
    return {**state, "ttl": found["TTL"], "records": values}


def update_record(dns: Client, physical_id: str, change: Change) -> None:
    """Update the record; another type deletes one record and creates one in a single batch."""
    zone, record = physical_id.split("_", 1)[0], _record_set(change.new)
    if "type" not in change.keys:
        _change(dns, zone, "UPSERT", record)
        return
    gone = _find(dns, located(physical_id, change.old))
    action = "UPSERT" if change.new.get("allowOverwrite") else "CREATE"
    changes = [{"Action": action, "ResourceRecordSet": record}]
    if gone is not None:
        changes.insert(0, {"Action": "DELETE", "ResourceRecordSet": gone})
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def delete_record(dns: Client, physical_id: str, state: Props) -> None:
    found = _find(dns, located(physical_id, state))
    if found is not None:
        _change(dns, physical_id.split("_", 1)[0], "DELETE", found)


def located(physical_id: str, props: Props) -> str:
    """Return the id with the record's current type."""
    kind = props.get("type")
    return f"{physical_id.rsplit('_', 1)[0]}_{kind}" if kind else physical_id


def _same_name(old: str, new: str) -> bool:
    """Compare without case and the final dot, as Route 53 does."""
    return old.rstrip(".").lower() == new.rstrip(".").lower()


def _same_aliases(old: list[Members], new: list[Members]) -> bool:
    def plain(aliases: list[Members]) -> list[Members]:
        return [{**alias, "name": alias["name"].rstrip(".").lower()} for alias in aliases]

    return plain(old) == plain(new)


ROWS = (
    Row(
        token="aws:route53/zone:Zone",
        client="route53",
        source="internal/service/route53/zone.go",
        inputs=fields("name comment forceDestroy tags.*"),
        outputs=fields("arn zoneId nameServers"),
        replaces=fields("name"),
        same={"name": _same_name},
        write_only=fields("forceDestroy"),
        create=create_zone,
        read=read_zone,
        update=update_zone,
        delete=delete_zone,
    ),
    Row(
        token="aws:route53/record:Record",
        client="route53",
        source="internal/service/route53/record.go",
        inputs=fields("zoneId name type ttl records allowOverwrite")
        | fields("name zoneId evaluateTargetHealth", below="aliases"),
        outputs=fields("fqdn"),
        replaces=fields("zoneId name"),
        computed=fields("allowOverwrite"),
        write_only=fields("allowOverwrite"),
        same={"name": _same_name, "records": same_set, "aliases": _same_aliases},
        create=create_record,
        read=read_record,
        update=update_record,
        located_by=located,
        delete=delete_record,
    ),
)

"""Subnet groups and parameter groups of RDS and ElastiCache, whose calls differ in names."""

from functools import partial

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.services.resource_tags import retag
from pulumi_moto.shapes import Members, same_set, tag_dict, tag_list

LONGEST_NAME = 255
KINDS = {"rds": "DB", "elasticache": "Cache"}
"""Each client's word for its groups: `create_db_subnet_group`, `DBSubnetGroupName`."""
DESCRIPTION = "Managed by Pulumi"


def _common(client: Client, found: Members, arn: str) -> State:
    tags = client.list_tags_for_resource(ResourceName=found[arn])["TagList"]
    return {"arn": found[arn], "tags": tag_dict(tags)}


def _subnets(kind: str, props: Props) -> Members:
    return {
        f"{kind}SubnetGroupName": props["name"],
        f"{kind}SubnetGroupDescription": props.get("description", DESCRIPTION),
        "SubnetIds": props["subnetIds"],
    }


def create_subnets(kind: str, client: Client, props: Props) -> str:
    create = getattr(client, f"create_{kind.lower()}_subnet_group")
    create(**_subnets(kind, props), Tags=tag_list(props.get("tags")))
    return str(props["name"])


def read_subnets(kind: str, client: Client, name: str) -> State | None:
    listing = getattr(client, f"describe_{kind.lower()}_subnet_groups")
    found = first(listing, f"{kind}SubnetGroups", **{f"{kind}SubnetGroupName": name})
    if found is None:
        return None
    return {
        "name": name,
        "description": found[f"{kind}SubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        **_common(client, found, "DBSubnetGroupArn" if kind == "DB" else "ARN"),
    }


def update_subnets(kind: str, client: Client, name: str, change: Change) -> None:
    if change.keys & {"subnetIds", "description"}:
        modify = getattr(client, f"modify_{kind.lower()}_subnet_group")
        modify(**_subnets(kind, {**change.new, "name": name}))
    retag(client, str(change.old["arn"]), change)


def create_parameters(kind: str, client: Client, props: Props) -> str:
    create = getattr(client, f"create_{kind.lower()}_parameter_group")
    create(
        **{f"{kind}ParameterGroupName": props["name"]},
        **{f"{kind}ParameterGroupFamily": props["family"]},
        Description=props.get("description", DESCRIPTION),
        Tags=tag_list(props.get("tags")),
    )
    _call_for_parameters("modify", kind, client, props["name"], props.get("parameters", []))
    return str(props["name"])


def _call_for_parameters(
    verb: str, kind: str, client: Client, name: str, parameters: list[dict[str, str]]
) -> None:
    """Set (`modify`) or `reset` parameters, if there are any."""
    values = [
        {"ParameterName": one["name"], "ParameterValue": one["value"]}
        | ({"ApplyMethod": one.get("applyMethod", "immediate")} if kind == "DB" else {})
        for one in parameters
    ]
    if values:
        call = getattr(client, f"{verb}_{kind.lower()}_parameter_group")
        listed = "Parameters" if kind == "DB" else "ParameterNameValues"
        call(**{f"{kind}ParameterGroupName": name, listed: values})


def read_parameters(kind: str, client: Client, name: str) -> State | None:
    key = {f"{kind}ParameterGroupName": name}
    listing = getattr(client, f"describe_{kind.lower()}_parameter_groups")
    found = first(listing, f"{kind}ParameterGroups", **key)
    if found is None:
        return None
    is_rds = kind == "DB"
    listed = (
        client.describe_db_parameters(**key)
        if is_rds
        else client.describe_cache_parameters(**key, Source="user")
    )
    return {
        "name": name,
        "family": found[f"{kind}ParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {"name": one["ParameterName"], "value": one["ParameterValue"]}
            | ({"applyMethod": one["ApplyMethod"]} if is_rds else {})
            for one in listed["Parameters"]
            if "ParameterValue" in one and ("ApplyMethod" in one or not is_rds)
        ],
        **_common(client, found, "DBParameterGroupArn" if is_rds else "ARN"),
    }


def _values(parameters: list[dict[str, str]]) -> dict[str, str]:
    return {one["name"].lower(): one["value"] for one in parameters}


def same_values(old: list[dict[str, str]], new: list[dict[str, str]]) -> bool:
    """Compare values only: RDS does not accept another apply method with an unchanged value.

    pulumi-aws, provider/pkg/rds/parameter_group.go
    """
    return _values(old) == _values(new)


def update_parameters(kind: str, client: Client, name: str, change: Change) -> None:
    """Send changed parameters; reset removed ones to their default."""
    if "parameters" in change.keys:
        new, held = change.new.get("parameters", []), change.old.get("parameters", [])
        before, after = _values(held), _values(new)
        changed = [one for one in new if before.get(one["name"].lower()) != one["value"]]
        gone = [one for one in held if one["name"].lower() not in after]
        _call_for_parameters("modify", kind, client, name, changed)
        _call_for_parameters("reset", kind, client, name, gone)
    retag(client, str(change.old["arn"]), change)


def _rows(client: str) -> tuple[Row, Row]:
    kind = KINDS[client]
    is_rds = kind == "DB"
    computed = fields("name") if is_rds else frozenset[str]()
    subnets = Row(
        token=f"aws:{client}/subnetGroup:SubnetGroup",
        client=client,
        source=f"internal/service/{client}/subnet_group.go",
        inputs=fields("name description subnetIds tags.*"),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=computed,
        same={"subnetIds": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=partial(create_subnets, kind),
        read=partial(read_subnets, kind),
        update=partial(update_subnets, kind),
        delete=deleting(f"delete_{kind.lower()}_subnet_group", f"{kind}SubnetGroupName"),
    )
    parameters = Row(
        token=f"aws:{client}/parameterGroup:ParameterGroup",
        client=client,
        source=f"internal/service/{client}/parameter_group.go",
        inputs=fields("name family description parameters.name parameters.value tags.*")
        | (fields("parameters.applyMethod") if is_rds else frozenset()),
        outputs=fields("arn"),
        replaces=fields("name family description"),
        computed=computed,
        same={"parameters": same_values if is_rds else same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=partial(create_parameters, kind),
        read=partial(read_parameters, kind),
        update=partial(update_parameters, kind),
        delete=deleting(f"delete_{kind.lower()}_parameter_group", f"{kind}ParameterGroupName"),
    )
    return subnets, parameters


ROWS = (*_rows("rds"), *_rows("elasticache"))

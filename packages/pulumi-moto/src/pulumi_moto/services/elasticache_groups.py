"""ElastiCache: subnet groups and parameter groups."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.services.resource_tags import retag
from pulumi_moto.shapes import same_set, tag_dict, tag_list

LONGEST_NAME = 255


def create_subnets(client: Client, props: Props) -> str:
    client.create_cache_subnet_group(
        CacheSubnetGroupName=props["name"],
        CacheSubnetGroupDescription=props.get("description", "Managed by Pulumi"),
        SubnetIds=props["subnetIds"],
        Tags=tag_list(props.get("tags")),
    )
    return str(props["name"])


def read_subnets(client: Client, name: str) -> State | None:
    found = first(
        client.describe_cache_subnet_groups, "CacheSubnetGroups", CacheSubnetGroupName=name
    )
    if found is None:
        return None
    return {
        "name": name,
        "description": found["CacheSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "tags": tag_dict(client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
        "arn": found["ARN"],
    }


def update_subnets(client: Client, name: str, change: Change) -> None:
    if change.keys & {"subnetIds", "description"}:
        client.modify_cache_subnet_group(
            CacheSubnetGroupName=name,
            CacheSubnetGroupDescription=change.new.get("description", "Managed by Pulumi"),
            SubnetIds=change.new["subnetIds"],
        )
    retag(client, str(change.old["arn"]), change)


def create_parameters(client: Client, props: Props) -> str:
    name = str(props["name"])
    client.create_cache_parameter_group(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=props["family"],
        Description=props.get("description", "Managed by Pulumi"),
        Tags=tag_list(props.get("tags")),
    )
    _set_parameters(client, name, props)
    return name


def _set_parameters(client: Client, name: str, props: Props) -> None:
    values = [
        {"ParameterName": one["name"], "ParameterValue": one["value"]}
        for one in props.get("parameters", [])
    ]
    if values:
        client.modify_cache_parameter_group(
            CacheParameterGroupName=name, ParameterNameValues=values
        )


def read_parameters(client: Client, name: str) -> State | None:
    found = first(
        client.describe_cache_parameter_groups, "CacheParameterGroups", CacheParameterGroupName=name
    )
    if found is None:
        return None
    listed = client.describe_cache_parameters(CacheParameterGroupName=name, Source="user")
    return {
        "name": name,
        "family": found["CacheParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {"name": one["ParameterName"], "value": one["ParameterValue"]}
            for one in listed["Parameters"]
        ],
        "tags": tag_dict(client.list_tags_for_resource(ResourceName=found["ARN"])["TagList"]),
        "arn": found["ARN"],
    }


def update_parameters(client: Client, name: str, change: Change) -> None:
    if "parameters" in change.keys:
        wanted = {one["name"] for one in change.new.get("parameters", [])}
        gone = [one for one in change.old.get("parameters", []) if one["name"] not in wanted]
        if gone:
            client.reset_cache_parameter_group(
                CacheParameterGroupName=name,
                ParameterNameValues=[
                    {"ParameterName": one["name"], "ParameterValue": one["value"]} for one in gone
                ],
            )
        _set_parameters(client, name, change.new)
    retag(client, str(change.old["arn"]), change)


ROWS = (
    Row(
        token="aws:elasticache/subnetGroup:SubnetGroup",
        client="elasticache",
        source="internal/service/elasticache/subnet_group.go",
        inputs=fields("name description subnetIds tags.*"),
        outputs=fields("arn"),
        replaces=fields("name"),
        same={"subnetIds": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_subnets,
        read=read_subnets,
        update=update_subnets,
        delete=deleting("delete_cache_subnet_group", "CacheSubnetGroupName"),
    ),
    Row(
        token="aws:elasticache/parameterGroup:ParameterGroup",
        client="elasticache",
        source="internal/service/elasticache/parameter_group.go",
        inputs=fields("name family description parameters.name parameters.value tags.*"),
        outputs=fields("arn"),
        replaces=fields("name family description"),
        same={"parameters": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_parameters,
        read=read_parameters,
        update=update_parameters,
        delete=deleting("delete_cache_parameter_group", "CacheParameterGroupName"),
    ),
)

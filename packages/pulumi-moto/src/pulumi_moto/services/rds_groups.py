"""RDS: subnet groups and parameter groups."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import deleting, first, found_or_none
from pulumi_moto.services.resource_tags import retag
from pulumi_moto.shapes import same_set, tag_dict, tag_list

LONGEST_NAME = 255


def create_subnets(rds: Client, props: Props) -> str:
    rds.create_db_subnet_group(
        DBSubnetGroupName=props["name"],
        DBSubnetGroupDescription=props.get("description", "Managed by Pulumi"),
        SubnetIds=props["subnetIds"],
        Tags=tag_list(props.get("tags")),
    )
    return str(props["name"])


def read_subnets(rds: Client, name: str) -> State | None:
    answer = found_or_none(rds.describe_db_subnet_groups, DBSubnetGroupName=name)
    if answer is None:
        return None
    found = answer["DBSubnetGroups"][0]
    arn = found["DBSubnetGroupArn"]
    return {
        "name": name,
        "description": found["DBSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]],
        "tags": tag_dict(rds.list_tags_for_resource(ResourceName=arn)["TagList"]),
        "arn": arn,
    }


def update_subnets(rds: Client, name: str, change: Change) -> None:
    if change.keys & {"subnetIds", "description"}:
        rds.modify_db_subnet_group(
            DBSubnetGroupName=name,
            DBSubnetGroupDescription=change.new.get("description", "Managed by Pulumi"),
            SubnetIds=change.new["subnetIds"],
        )
    retag(rds, str(change.old["arn"]), change)


def create_parameters(rds: Client, props: Props) -> str:
    name = str(props["name"])
    rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=props["family"],
        Description=props.get("description", "Managed by Pulumi"),
        Tags=tag_list(props.get("tags")),
    )
    _set_parameters(rds, name, props)
    return name


def _set_parameters(rds: Client, name: str, props: Props) -> None:
    parameters = [
        {
            "ParameterName": parameter["name"],
            "ParameterValue": parameter["value"],
            "ApplyMethod": parameter.get("applyMethod", "immediate"),
        }
        for parameter in props.get("parameters", [])
    ]
    if parameters:
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=parameters)


def read_parameters(rds: Client, name: str) -> State | None:
    found = first(rds.describe_db_parameter_groups, "DBParameterGroups", DBParameterGroupName=name)
    if found is None:
        return None
    arn = found["DBParameterGroupArn"]
    listed = rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]
    return {
        "name": name,
        "family": found["DBParameterGroupFamily"],
        "description": found["Description"],
        "parameters": [
            {
                "name": one["ParameterName"],
                "value": one["ParameterValue"],
                "applyMethod": one["ApplyMethod"],
            }
            for one in listed
            if "ParameterValue" in one and "ApplyMethod" in one
        ],
        "tags": tag_dict(rds.list_tags_for_resource(ResourceName=arn)["TagList"]),
        "arn": arn,
    }


def _values(parameters: list[dict[str, str]]) -> dict[str, str]:
    return {one["name"].lower(): one["value"] for one in parameters}


def same_values(old: list[dict[str, str]], new: list[dict[str, str]]) -> bool:
    """Compare values only: RDS does not accept another apply method with an unchanged value.

    pulumi-aws, provider/pkg/rds/parameter_group.go
    """
    return _values(old) == _values(new)


def update_parameters(rds: Client, name: str, change: Change) -> None:
    """Send changed parameters; reset removed ones to their default."""
    if "parameters" in change.keys:
        new, held = change.new.get("parameters", []), change.old.get("parameters", [])
        before, after = _values(held), _values(new)
        changed = [one for one in new if before.get(one["name"].lower()) != one["value"]]
        _set_parameters(rds, name, {"parameters": changed})
        gone = [one for one in held if one["name"].lower() not in after]
        if gone:
            rds.reset_db_parameter_group(
                DBParameterGroupName=name,
                Parameters=[
                    {"ParameterName": one["name"], "ApplyMethod": one["applyMethod"]}
                    for one in gone
                ],
            )
    retag(rds, str(change.old["arn"]), change)


ROWS = (
    Row(
        token="aws:rds/subnetGroup:SubnetGroup",
        client="rds",
        source="internal/service/rds/subnet_group.go",
        inputs=fields("name description subnetIds tags.*"),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=fields("name"),
        same={"subnetIds": same_set},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_subnets,
        read=read_subnets,
        update=update_subnets,
        delete=deleting("delete_db_subnet_group", "DBSubnetGroupName"),
    ),
    Row(
        token="aws:rds/parameterGroup:ParameterGroup",
        client="rds",
        source="internal/service/rds/parameter_group.go",
        inputs=fields(
            "name family description parameters.name parameters.value parameters.applyMethod tags.*"
        ),
        outputs=fields("arn"),
        replaces=fields("name family description"),
        computed=fields("name"),
        same={"parameters": same_values},
        autoname=Autoname(longest=LONGEST_NAME, lower=True),
        create=create_parameters,
        read=read_parameters,
        update=update_parameters,
        delete=deleting("delete_db_parameter_group", "DBParameterGroupName"),
    ),
)

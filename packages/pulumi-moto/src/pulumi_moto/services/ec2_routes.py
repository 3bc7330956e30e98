"""Route tables, routes and associations."""

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.ec2_shapes import retag, specification
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.shapes import Members, tag_dict


def create_table(ec2: Client, props: Props) -> str:
    made = ec2.create_route_table(VpcId=props["vpcId"], **specification("route-table", props))
    return str(made["RouteTable"]["RouteTableId"])


def _table(ec2: Client, table: str) -> Members | None:
    return first(ec2.describe_route_tables, "RouteTables", RouteTableIds=[table])


def read_table(ec2: Client, table: str) -> State | None:
    found = _table(ec2, table)
    if found is None:
        return None
    return {"vpcId": found["VpcId"], "tags": tag_dict(found.get("Tags"))}


TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}


def create_route(ec2: Client, props: Props) -> str:
    table, block = props["routeTableId"], props["destinationCidrBlock"]
    target = {aws: props[name] for name, aws in TARGETS.items() if props.get(name)}
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, **target)
    return f"{table}_{block}"


def read_route(ec2: Client, route: str) -> State | None:
    table, block = route.split("_", 1)
    found = _table(ec2, table)
    routes = found["Routes"] if found else []
    match = next((r for r in routes if r.get("DestinationCidrBlock") == block), None)
    if match is None:
        return None
    targets = {name: match[aws] for name, aws in TARGETS.items() if match.get(aws)}
    return {"routeTableId": table, "destinationCidrBlock": block, **targets}


def update_route(ec2: Client, route: str, change: Change) -> None:
    table, block = route.split("_", 1)
    target = {aws: change.new[name] for name, aws in TARGETS.items() if change.new.get(name)}
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock=block, **target)


def delete_route(ec2: Client, route: str, _state: Props) -> None:
    table, block = route.split("_", 1)
    if read_route(ec2, route) is not None:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock=block)


def create_association(ec2: Client, props: Props) -> str:
    made = ec2.associate_route_table(RouteTableId=props["routeTableId"], SubnetId=props["subnetId"])
    return str(made["AssociationId"])


def _association(ec2: Client, physical_id: str) -> Members | None:
    """Find an association by its id, or by its subnet's; a subnet has at most one."""
    kind = "subnet-id" if physical_id.startswith("subnet-") else "route-table-association-id"
    tables = ec2.describe_route_tables(
        Filters=[{"Name": f"association.{kind}", "Values": [physical_id]}]
    )["RouteTables"]
    for table in tables:
        for found in table["Associations"]:
            if physical_id in {found["RouteTableAssociationId"], found.get("SubnetId")}:
                return dict(found)
    return None


def read_association(ec2: Client, physical_id: str) -> State | None:
    found = _association(ec2, physical_id)
    if found is None:
        return None
    return {"routeTableId": found["RouteTableId"], "subnetId": found["SubnetId"]}


def update_association(ec2: Client, physical_id: str, change: Change) -> None:
    """Associate another table, which changes the association's id in AWS."""
    found = _association(ec2, str(change.old.get("subnetId", physical_id)))
    if found is None:
        raise LookupError(f"{physical_id} is gone")
    ec2.replace_route_table_association(
        AssociationId=found["RouteTableAssociationId"], RouteTableId=change.new["routeTableId"]
    )


def delete_association(ec2: Client, physical_id: str, state: Props) -> None:
    found = _association(ec2, str(state.get("subnetId", physical_id)))
    if found is not None:
        ec2.disassociate_route_table(AssociationId=found["RouteTableAssociationId"])


ROWS = (
    Row(
        token="aws:ec2/routeTable:RouteTable",
        client="ec2",
        source="internal/service/ec2/vpc_route_table.go",
        inputs=fields("vpcId tags.*"),
        replaces=fields("vpcId"),
        create=create_table,
        read=read_table,
        update=retag,
        delete=deleting("delete_route_table", "RouteTableId"),
    ),
    Row(
        token="aws:ec2/route:Route",
        client="ec2",
        source="internal/service/ec2/vpc_route.go",
        inputs=fields("routeTableId destinationCidrBlock") | {*TARGETS},
        replaces=fields("routeTableId destinationCidrBlock"),
        create=create_route,
        read=read_route,
        update=update_route,
        delete=delete_route,
    ),
    Row(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        client="ec2",
        source="internal/service/ec2/vpc_route_table_association.go",
        inputs=fields("routeTableId subnetId"),
        replaces=fields("subnetId"),
        create=create_association,
        read=read_association,
        update=update_association,
        located_by=lambda physical_id, props: str(props.get("subnetId", physical_id)),
        delete=delete_association,
    ),
)

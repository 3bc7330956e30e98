"""ECS clusters and their capacity providers."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.ecs_shapes import (
    ecs_tags,
    plain_tags,
    retag,
    same_strategy,
    strategy_items,
)
from pulumi_moto.shapes import Members, same_set


def create_cluster(ecs: Client, props: Props) -> str:
    created = ecs.create_cluster(
        clusterName=props["name"], **_params(props), tags=ecs_tags(props.get("tags", {}))
    )
    return str(created["cluster"]["clusterArn"])


def read_cluster(ecs: Client, arn: str) -> State | None:
    found = _find(ecs, arn)
    if found is None:
        return None
    return {
        "name": found["clusterName"],
        "arn": found["clusterArn"],
        "settings": found.get("settings", []),
        "configuration": found.get("configuration", {}),
        "tags": plain_tags(found.get("tags", [])),
    }


def update_cluster(ecs: Client, arn: str, change: Change) -> None:
    if change.keys & {"settings", "configuration"}:
        ecs.update_cluster(cluster=arn, **_params(change.new))
    retag(ecs, arn, change)


def delete_cluster(ecs: Client, arn: str, _state: Props) -> None:
    if _find(ecs, arn) is not None:
        ecs.delete_cluster(cluster=arn)


def put_capacity_providers(ecs: Client, props: Props) -> str:
    name = str(props["clusterName"])
    ecs.put_cluster_capacity_providers(
        cluster=name,
        capacityProviders=props.get("capacityProviders", []),
        defaultCapacityProviderStrategy=strategy_items(
            props.get("defaultCapacityProviderStrategies", [])
        ),
    )
    return name


def read_capacity_providers(ecs: Client, name: str) -> State | None:
    found = _find(ecs, name)
    if found is None or not found.get("capacityProviders"):
        return None
    return {
        "clusterName": found["clusterName"],
        "capacityProviders": found["capacityProviders"],
        "defaultCapacityProviderStrategies": found.get("defaultCapacityProviderStrategy", []),
    }


def update_capacity_providers(ecs: Client, name: str, change: Change) -> None:
    put_capacity_providers(ecs, change.new)


def delete_capacity_providers(ecs: Client, name: str, _state: Props) -> None:
    if _find(ecs, name) is not None:
        put_capacity_providers(ecs, {"clusterName": name})


def _params(props: Props) -> Members:
    return {key: props[key] for key in ("settings", "configuration") if key in props}


def _find(ecs: Client, cluster: str) -> Members | None:
    """Return the ACTIVE cluster; a deleted one is described as INACTIVE for a while."""
    found = ecs.describe_clusters(
        clusters=[cluster], include=["TAGS", "SETTINGS", "CONFIGURATIONS"]
    )["clusters"]
    return next((c for c in found if c["status"] == "ACTIVE"), None)


EXECUTE = "configuration.executeCommandConfiguration"

ROWS = (
    Row(
        token="aws:ecs/cluster:Cluster",
        client="ecs",
        source="internal/service/ecs/cluster.go",
        inputs=fields("name settings.name settings.value tags.*")
        | fields("kmsKeyId logging", below=EXECUTE)
        | fields(
            "cloudWatchEncryptionEnabled cloudWatchLogGroupName",
            below=f"{EXECUTE}.logConfiguration",
        )
        | fields(
            "kmsKeyId fargateEphemeralStorageKmsKeyId",
            below="configuration.managedStorageConfiguration",
        ),
        outputs=fields("arn"),
        replaces=fields("name"),
        computed=fields("settings"),
        same={"settings": same_set},
        autoname=Autoname(),
        create=create_cluster,
        read=read_cluster,
        update=update_cluster,
        imported_id=lambda state: str(state["arn"]),
        delete=delete_cluster,
    ),
    Row(
        token="aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        client="ecs",
        source="internal/service/ecs/cluster_capacity_providers.go",
        inputs=fields("clusterName capacityProviders")
        | fields("capacityProvider weight base", below="defaultCapacityProviderStrategies"),
        replaces=fields("clusterName"),
        same={"capacityProviders": same_set, "defaultCapacityProviderStrategies": same_strategy},
        create=put_capacity_providers,
        read=read_capacity_providers,
        update=update_capacity_providers,
        delete=delete_capacity_providers,
    ),
)

"""A service that Application Auto Scaling can scale, for the tests of the emulated one."""

import boto3

RESOURCE, DIMENSION = "service/shop/backend", "ecs:service:DesiredCount"
WHERE = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": DIMENSION}


def service() -> None:
    """Two tasks of `backend` in the cluster `shop`; nothing scales them yet."""
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="backend",
        containerDefinitions=[{"name": "backend", "image": "backend:1", "memory": 128}],
    )
    ecs.create_service(
        cluster="shop", serviceName="backend", taskDefinition="backend", desiredCount=2
    )

"""A service that Application Auto Scaling can scale."""

import boto3

RESOURCE, DIMENSION = "service/shop/backend", "ecs:service:DesiredCount"
WHERE = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": DIMENSION}


def service() -> None:
    """Create the service `backend` with two tasks in the cluster `shop`, without a target."""
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="backend",
        containerDefinitions=[{"name": "backend", "image": "backend:1", "memory": 128}],
    )
    ecs.create_service(
        cluster="shop", serviceName="backend", taskDefinition="backend", desiredCount=2
    )

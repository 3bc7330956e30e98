from typing import Any

import boto3

from row_example import Example

KEYS = "arn:aws:kms:us-east-1:123456789012:key"


def _capacity() -> dict[str, Any]:
    boto3.client("ecs").create_cluster(clusterName="shop")
    return {
        "clusterName": "shop",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategies": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
            {"capacityProvider": "FARGATE_SPOT", "weight": 3},
        ],
    }


EXAMPLES = {
    "aws:ecs/cluster:Cluster": Example(
        inputs=lambda: {
            "name": "shop",
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "configuration": {
                "executeCommandConfiguration": {
                    "kmsKeyId": f"{KEYS}/exec",
                    "logging": "OVERRIDE",
                    "logConfiguration": {
                        "cloudWatchEncryptionEnabled": True,
                        "cloudWatchLogGroupName": "/ecs/shop/exec",
                    },
                },
                "managedStorageConfiguration": {
                    "kmsKeyId": f"{KEYS}/volumes",
                    "fargateEphemeralStorageKmsKeyId": f"{KEYS}/tasks",
                },
            },
            "tags": {"Stack": "test", "Component": "cluster"},
        },
        change={
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}},
            "tags": {"Stack": "other"},
        },
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Example(
        inputs=_capacity,
        change={
            "defaultCapacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}]
        },
        more={
            "capacityProviders": {
                "capacityProviders": ["FARGATE"],
                "defaultCapacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
            }
        },
    ),
}

import json

from row_example import Example

EXAMPLES = {
    "aws:ecs/taskDefinition:TaskDefinition": Example(
        inputs=lambda: {
            "family": "shop-backend",
            "cpu": "512",
            "memory": "1024",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
            "taskRoleArn": "arn:aws:iam::123456789012:role/task",
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "containerDefinitions": json.dumps(
                [
                    {
                        "name": "backend",
                        "image": "repository@sha256:1",
                        "portMappings": [{"containerPort": 8000}],
                        "environment": [
                            {"name": "REDIS_SSL", "value": "true"},
                            {"name": "DEBUG", "value": "false"},
                        ],
                        "readonlyRootFilesystem": True,
                        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
                    }
                ]
            ),
            "volumes": [{"name": "tmp"}],
            "ephemeralStorage": {"sizeInGib": 30},
            "skipDestroy": False,
            "tags": {"Stack": "test", "Component": "backend"},
        },
        change={"skipDestroy": True, "tags": {"Stack": "other"}},
    )
}

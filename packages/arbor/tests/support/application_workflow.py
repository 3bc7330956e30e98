"""The AWS calls of the application's own deploy workflow, in its order, with its arguments.

The workflow: https://github.com/Davaakhatan/arbor-energy-plan-agent/blob/main/.github/workflows/deploy.yml
The requests of its two actions:
https://github.com/aws-actions/amazon-ecs-render-task-definition/blob/v1/index.js
https://github.com/aws-actions/amazon-ecs-deploy-task-definition/blob/v1/index.js
"""

import json
from collections.abc import Iterable
from typing import Any

from ecs_world import client

ONLY_DESCRIBED = (
    "compatibilities",
    "taskDefinitionArn",
    "requiresAttributes",
    "revision",
    "status",
    "registeredAt",
    "deregisteredAt",
    "registeredBy",
)
"""Keys that DescribeTaskDefinition adds, and the actions remove."""
MEDIA = "application/vnd.oci.image.index.v1+json"
WAITS = {"Delay": 15, "MaxAttempts": 120}
"""The action's default wait: half an hour."""


def push(repository: str, sha: str, content: str = "") -> str:
    """Build and push: one image under the commit's SHA and under `latest`; returns the first."""
    ecr = client("ecr")
    manifest = {
        "schemaVersion": 2,
        "mediaType": MEDIA,
        "manifests": [
            {
                "digest": f"sha256:{content or sha}",
                "platform": {"os": "linux", "architecture": "amd64"},
            }
        ],
    }
    for tag in (sha, "latest"):
        ecr.put_image(
            repositoryName=repository,
            imageTag=tag,
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=MEDIA,
        )
    found = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    return f"{found[0]['repositoryUri']}:{sha}"


def deploy(*, family: str, container: str, image: str, service: str, cluster: str) -> str:
    """Describe, render, register, update, wait; returns the revision that it registered."""
    ecs = client("ecs")
    # The workflow requests no tags, so its revision has none.
    described = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    (rendered,) = [one for one in described["containerDefinitions"] if one["name"] == container]
    rendered["image"] = image
    requested = {key: value for key, value in described.items() if key not in ONLY_DESCRIBED}
    arn = str(
        ecs.register_task_definition(**_without_empty(requested))["taskDefinition"][
            "taskDefinitionArn"
        ]
    )
    answer = ecs.describe_services(services=[service], cluster=cluster)
    assert answer["failures"] == []
    (found,) = answer["services"]
    assert found["status"] == "ACTIVE"
    # Otherwise the action deploys by CodeDeploy, or fails.
    assert found.get("deploymentController", {}).get("type", "ECS") == "ECS"
    ecs.update_service(
        cluster=cluster, service=service, taskDefinition=arn, forceNewDeployment=False
    )
    ecs.get_waiter("services_stable").wait(services=[service], cluster=cluster, WaiterConfig=WAITS)
    return arn


def _without_empty(value: Any) -> Any:
    """The action removes null, "" and empty containers; variables keep an empty value."""
    if isinstance(value, dict):
        kept = {key: _without_empty(one) for key, one in value.items() if not _is_empty(one)}
        return {**kept, **({"value": ""} if value.get("value") == "" and "name" in value else {})}
    if isinstance(value, list):
        return [_without_empty(one) for one in value if not _is_empty(one)]
    return value


def _is_empty(value: object) -> bool:
    if value is None or value == "":
        return True
    if isinstance(value, dict):
        return _all_empty(value.values())
    return isinstance(value, list) and _all_empty(value)


def _all_empty(values: Iterable[object]) -> bool:
    return all(_is_empty(one) for one in values)

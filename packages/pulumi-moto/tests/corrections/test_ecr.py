import json
from hashlib import sha256
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.row import Client

MEDIA = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def ecr() -> Client:
    client = boto3.client("ecr")
    client.create_repository(repositoryName="backend", imageTagMutability="IMMUTABLE")
    return client


def push(ecr: Client, tag: str, content: str) -> None:
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MEDIA, "config": {"digest": content}})
    ecr.put_image(repositoryName="backend", imageManifest=manifest, imageTag=tag)


def test_a_tag_of_an_immutable_repository_never_moves(ecr: Client) -> None:
    push(ecr, "v1", "first")
    with pytest.raises(ClientError, match=r"ImageTagAlreadyExistsException.*'v1' already exists"):
        push(ecr, "v1", "second")
    push(ecr, "v2", "second")


def test_pushing_the_very_same_image_again_is_another_refusal(ecr: Client) -> None:
    push(ecr, "v1", "first")
    with pytest.raises(ClientError, match="ImageAlreadyExistsException"):
        push(ecr, "v1", "first")


def test_a_tag_that_is_excluded_moves_and_one_that_only_begins_so_does_not(ecr: Client) -> None:
    ecr.put_image_tag_mutability(
        repositoryName="backend",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[
            {"filter": "latest", "filterType": "WILDCARD"},
            {"filter": "dev-*", "filterType": "WILDCARD"},
        ],
    )
    for tag in ("v1", "latest", "dev-1"):
        push(ecr, tag, "first")
    push(ecr, "latest-1", "first")
    for tag in ("latest", "dev-1"):
        push(ecr, tag, "second")
    (moved,) = ecr.batch_get_image(repositoryName="backend", imageIds=[{"imageTag": "latest"}])[
        "images"
    ]
    assert "second" in moved["imageManifest"]
    for tag in ("v1", "latest-1"):
        with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
            push(ecr, tag, "second")


def test_an_image_is_found_by_the_digest_of_its_manifest(ecr: Client) -> None:
    push(ecr, "v1", "first")
    (image,) = ecr.batch_get_image(repositoryName="backend", imageIds=[{"imageTag": "v1"}])[
        "images"
    ]
    digest = f"sha256:{sha256(image['imageManifest'].encode()).hexdigest()}"
    assert image["imageId"]["imageDigest"] == digest
    (found,) = ecr.describe_images(repositoryName="backend", imageIds=[{"imageDigest": digest}])[
        "imageDetails"
    ]
    assert found["imageTags"] == ["v1"]


def rule(priority: int, **selection: Any) -> dict[str, Any]:
    counted = {"countType": "imageCountMoreThan", "countNumber": 5, **selection}
    return {"rulePriority": priority, "selection": counted, "action": {"type": "expire"}}


def put(ecr: Client, *rules: dict[str, Any]) -> None:
    ecr.put_lifecycle_policy(
        repositoryName="backend", lifecyclePolicyText=json.dumps({"rules": rules})
    )


def test_a_lifecycle_policy_that_makes_sense_is_taken(ecr: Client) -> None:
    put(
        ecr,
        rule(1, tagStatus="untagged"),
        rule(2, tagStatus="tagged", tagPrefixList=["dev"]),
        rule(3, tagStatus="any"),
    )


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ((rule(1, tagStatus="tagged"),), "tagStatus=tagged"),
        ((rule(1, tagStatus="any"), rule(2, tagStatus="untagged")), "highest rulePriority"),
        ((rule(1, tagStatus="untagged"), rule(1, tagStatus="any")), "unique"),
    ],
)
def test_a_lifecycle_policy_that_makes_none_is_refused(
    ecr: Client, rules: tuple[dict[str, Any], ...], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        put(ecr, *rules)
    with pytest.raises(ClientError, match="LifecyclePolicyNotFoundException"):
        ecr.get_lifecycle_policy(repositoryName="backend")

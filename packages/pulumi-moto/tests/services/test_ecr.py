import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pulumi_moto import lifecycle
from pulumi_moto.registry import row_for
from pulumi_moto.row import Client, State

ROW = "aws:ecr/repository:Repository"


@pytest.fixture
def ecr() -> Iterator[Client]:
    with mock_aws():
        yield boto3.client("ecr")


def repository_with_an_image(ecr: Client, *, force: bool) -> State:
    _, state = lifecycle.create(row_for(ROW), ecr, {"name": "backend", "forceDelete": force})
    media = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media})
    ecr.put_image(repositoryName="backend", imageManifest=manifest, imageTag="v1")
    return state


def test_a_repository_that_holds_images_is_not_deleted(ecr: Client) -> None:
    state = repository_with_an_image(ecr, force=False)
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        row_for(ROW).delete(ecr, "backend", state)


def test_with_force_delete_it_is(ecr: Client) -> None:
    state = repository_with_an_image(ecr, force=True)
    row_for(ROW).delete(ecr, "backend", state)
    assert row_for(ROW).read(ecr, "backend") is None

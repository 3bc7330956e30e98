import json
from dataclasses import replace

import pytest

from components.registry import Registry, RegistryArgs
from harness import ACCOUNT, REGION, declare, outputs

REPOSITORY = "aws:ecr/repository:Repository"
ARGS = RegistryArgs(
    repositories={"backend": "arbor-test-backend", "frontend": "arbor-test-frontend"},
    keep_images=100,
    force_delete=False,
    tags={"Stack": "test"},
)


def test_tags_except_latest_are_immutable_and_images_are_scanned() -> None:
    repositories = declare(lambda: Registry("images", ARGS)).all(REPOSITORY)

    assert list(repositories) == ["images-backend", "images-frontend"]
    for repository in repositories.values():
        assert repository["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        assert repository["imageTagMutabilityExclusionFilters"] == [
            {"filter": "latest", "filterType": "WILDCARD"}
        ]
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
        assert repository["tags"] == {"Stack": "test"}


def test_new_repositories_have_promised_names_and_live_ones_keep_theirs() -> None:
    """The provider replaces a repository whose name changes, and its images with it."""
    declared = declare(lambda: Registry("images", ARGS))
    for key, repository in declared.all(REPOSITORY).items():
        assert repository["name"] == key.replace("images", "arbor-test")
        assert declared.options[REPOSITORY, key].ignore_changes == ["name"]


def test_the_newest_tagged_images_are_kept() -> None:
    policies = declare(lambda: Registry("images", ARGS)).all(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    )
    assert len(policies) == 2
    for policy in policies.values():
        untagged, tagged = json.loads(policy["policy"])["rules"]
        assert untagged["selection"]["tagStatus"] == "untagged"
        assert tagged["selection"] == {
            "tagStatus": "tagged",
            "tagPatternList": ["*"],
            "countType": "imageCountMoreThan",
            "countNumber": 100,
        }
        assert untagged["rulePriority"] < tagged["rulePriority"]


@pytest.mark.parametrize("force", [True, False])
def test_a_repository_with_images_is_deleted_only_with_force_delete(*, force: bool) -> None:
    recorder = declare(lambda: Registry("images", replace(ARGS, force_delete=force)))
    for repository in recorder.all(REPOSITORY).values():
        assert repository["forceDelete"] is force


def test_keeping_no_image_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"backend, frontend: keep_images .* got 0"):
        replace(ARGS, keep_images=0)


def test_outputs_and_parents() -> None:
    found = outputs(lambda: Registry("images", ARGS), "urls", "arns")

    assert found["urls"]["backend"] == (
        f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/arbor-test-backend"
    )
    assert found["arns"]["frontend"].endswith("repository/arbor-test-frontend")
    top = declare(lambda: Registry("images", ARGS)).unparented
    assert top == ["arbor:compute:Registry::images"]


def test_a_lifecycle_policy_is_deleted_before_its_replacement() -> None:
    """A repository has one: the old one is deleted before the new one is put."""
    declared = declare(lambda: Registry("images", ARGS))
    options = declared.options[
        "aws:ecr/lifecyclePolicy:LifecyclePolicy", "images-backend-lifecycle"
    ]
    assert options.delete_before_replace is True

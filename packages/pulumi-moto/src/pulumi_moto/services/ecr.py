"""ECR: repositories and their lifecycle policies."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.equivalence import same_lifecycle
from pulumi_moto.shapes import Members, tag_dict, tag_list


def create_repository(ecr: Client, props: Props) -> str:
    name = str(props["name"])
    ecr.create_repository(
        repositoryName=name,
        **_mutability(props),
        imageScanningConfiguration=props.get("imageScanningConfiguration", {"scanOnPush": False}),
        encryptionConfiguration=next(
            iter(props.get("encryptionConfigurations", [])), {"encryptionType": "AES256"}
        ),
        tags=tag_list(props.get("tags", {})),
    )
    return name


def read_repository(ecr: Client, name: str) -> State | None:
    try:
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    arn = found["repositoryArn"]
    return {
        "name": name,
        "arn": arn,
        "registryId": found["registryId"],
        "repositoryUrl": found["repositoryUri"],
        "imageTagMutability": found["imageTagMutability"],
        "imageTagMutabilityExclusionFilters": found.get("imageTagMutabilityExclusionFilters", []),
        "imageScanningConfiguration": found["imageScanningConfiguration"],
        "encryptionConfigurations": [found["encryptionConfiguration"]],
        "tags": tag_dict(ecr.list_tags_for_resource(resourceArn=arn)["tags"]),
    }


def update_repository(ecr: Client, name: str, change: Change) -> None:
    new = change.new
    if change.keys & {"imageTagMutability", "imageTagMutabilityExclusionFilters"}:
        ecr.put_image_tag_mutability(repositoryName=name, **_mutability(new))
    if "imageScanningConfiguration" in change.keys:
        ecr.put_image_scanning_configuration(
            repositoryName=name,
            imageScanningConfiguration=new.get("imageScanningConfiguration", {"scanOnPush": False}),
        )
    if "tags" in change.keys:
        arn = change.old["arn"]
        ecr.untag_resource(resourceArn=arn, tagKeys=list(change.old.get("tags", {})))
        ecr.tag_resource(resourceArn=arn, tags=tag_list(new.get("tags", {})))


def delete_repository(ecr: Client, name: str, state: Props) -> None:
    """Delete the repository; one with images only with `forceDelete` in the state."""
    try:
        ecr.delete_repository(repositoryName=name, force=bool(state.get("forceDelete")))
    except ecr.exceptions.RepositoryNotFoundException:
        return


def _mutability(props: Props) -> Members:
    exceptions = props.get("imageTagMutabilityExclusionFilters")
    return {
        "imageTagMutability": props.get("imageTagMutability", "MUTABLE"),
        **({"imageTagMutabilityExclusionFilters": exceptions} if exceptions else {}),
    }


def put_lifecycle_policy(ecr: Client, props: Props) -> str:
    name = str(props["repository"])
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=props["policy"])
    return name


def read_lifecycle_policy(ecr: Client, name: str) -> State | None:
    try:
        found = ecr.get_lifecycle_policy(repositoryName=name)
    except (
        ecr.exceptions.LifecyclePolicyNotFoundException,
        ecr.exceptions.RepositoryNotFoundException,
    ):
        return None
    return {
        "repository": name,
        "policy": found["lifecyclePolicyText"],
        "registryId": found["registryId"],
    }


def delete_lifecycle_policy(ecr: Client, name: str, _state: Props) -> None:
    try:
        ecr.delete_lifecycle_policy(repositoryName=name)
    except (
        ecr.exceptions.LifecyclePolicyNotFoundException,
        ecr.exceptions.RepositoryNotFoundException,
    ):
        return


ROWS = (
    Row(
        token="aws:ecr/repository:Repository",
        client="ecr",
        source="internal/service/ecr/repository.go",
        inputs=fields(
            "name imageTagMutability imageScanningConfiguration.scanOnPush forceDelete tags.*"
        )
        | fields("filter filterType", below="imageTagMutabilityExclusionFilters")
        | fields("encryptionType kmsKey", below="encryptionConfigurations"),
        outputs=fields("arn registryId repositoryUrl"),
        replaces=fields("name encryptionConfigurations"),
        computed=fields("encryptionConfigurations imageScanningConfiguration"),
        write_only=fields("forceDelete"),
        autoname=Autoname(longest=256, lower=True),
        create=create_repository,
        read=read_repository,
        update=update_repository,
        delete=delete_repository,
    ),
    Row(
        token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        client="ecr",
        source="internal/service/ecr/lifecycle_policy.go",
        inputs=fields("repository policy"),
        outputs=fields("registryId"),
        replaces=fields("repository policy"),
        same={"policy": same_lifecycle},
        create=put_lifecycle_policy,
        read=read_lifecycle_policy,
        delete=delete_lifecycle_policy,
    ),
)

"""IAM: what is refused of roles and policies."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Client = Any
SERVICE = {"Service": "ecs-tasks.amazonaws.com"}
ACCOUNT = "arn:aws:iam::123456789012"


@pytest.fixture
def iam() -> Client:
    return boto3.client("iam")


def trust(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole", **changes}
    kept = {key: value for key, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def permit(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create(iam: Client, **changes: Any) -> str:
    params = {"RoleName": "task", "AssumeRolePolicyDocument": trust(), **changes}
    return str(iam.create_role(**params)["Role"]["Arn"])


MALFORMED = [
    ("{", "This policy contains invalid Json"),
    ('"all"', "Syntax errors in policy"),
    ("{}", "Statement is empty!"),
    ('{"Version": "2012-10-17", "Statement": []}', "Statement is empty!"),
    ('{"Version": "2020-01-01", "Statement": []}', "must contain a valid version string"),
    ('{"Version": "2012-10-17", "Statement": ["all"]}', "Syntax errors in policy"),
    (trust(Effect=None), "Missing required field Effect"),
    (trust(Effect="allow"), "Invalid effect: allow"),
    (trust(NotPrincipal=SERVICE), "Allow with NotPrincipal is not allowed"),
    (trust(Principal=None), "Missing required field Principal$"),
    (trust(Principal={}), "Missing required field Principal cannot be empty!"),
    (trust(Principal="ecs"), "Principal must be a JSON object"),
    (trust(Principal={"User": "me"}), 'Invalid principal in policy: "User"'),
    (trust(Principal={"Service": "ecs"}), 'Invalid principal in policy: "SERVICE":"ecs"'),
    (trust(Principal={"AWS": "me"}), 'Invalid principal in policy: "AWS":"me"'),
    (trust(Principal={"AWS": f"{ACCOUNT}:role/gone"}), "Invalid principal in policy"),
    (trust(Action=None), "Missing required field Action"),
    (trust(Action="s3:GetObject"), "may only specify STS AssumeRole actions"),
    (trust(Resource="*"), "Has prohibited field Resource"),
    (trust(NotResource="*"), "must not contain resources"),
]


@pytest.mark.parametrize(("document", "sentence"), MALFORMED)
def test_a_malformed_trust_policy_makes_no_role_and_changes_none(
    iam: Client, document: str, sentence: str
) -> None:
    with pytest.raises(ClientError, match=sentence) as refusal:
        create(iam, AssumeRolePolicyDocument=document)
    assert refusal.value.response["Error"]["Code"] == "MalformedPolicyDocument"
    assert iam.list_roles()["Roles"] == []
    create(iam)
    with pytest.raises(ClientError, match=sentence):
        iam.update_assume_role_policy(RoleName="task", PolicyDocument=document)
    kept = iam.get_role(RoleName="task")["Role"]["AssumeRolePolicyDocument"]
    assert kept == json.loads(trust())


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["123456789012", f"{ACCOUNT}:root"]},
        {"AWS": "arn:aws:iam::210987654321:role/theirs"},
        {"AWS": f"{ACCOUNT}:role/task"},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"Service": ["ecs.amazonaws.com", "logs.us-east-1.amazonaws.com"]},
    ],
    ids=str,
)
def test_accounts_services_and_existing_roles_can_be_trusted(iam: Client, principal: Any) -> None:
    create(iam)
    create(iam, RoleName="trusting", AssumeRolePolicyDocument=trust(Principal=principal))
    iam.update_assume_role_policy(RoleName="task", PolicyDocument=trust(Principal=principal))


def test_a_trust_policy_has_2048_characters_at_most(iam: Client) -> None:
    create(iam, AssumeRolePolicyDocument=trust(Sid="x" * 1900) + " " * 200)
    with pytest.raises(ClientError, match="Cannot exceed quota for ACLSizePerRole: 2048"):
        create(iam, RoleName="long", AssumeRolePolicyDocument=trust(Sid="x" * 2048))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"RoleName": "x" * 65}, "length less than or equal to 64"),
        ({"RoleName": "a/task"}, "The specified value for roleName is invalid"),
        ({"RoleName": "TASK"}, "Role with name TASK already exists"),
        ({"RoleName": "other", "Description": "x" * 1001}, "less than or equal to 1000"),
        ({"RoleName": "other", "Description": "runs – and walks"}, "regular expression"),  # noqa: RUF001 - a dash on purpose
    ],
)
def test_a_name_or_description_that_iam_refuses(
    iam: Client, changes: dict[str, str], sentence: str
) -> None:
    create(iam, Description="Läuft")
    with pytest.raises(ClientError, match=sentence):
        create(iam, **changes)
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["task"]


def test_the_inline_policies_of_a_role_have_10240_characters_at_most(iam: Client) -> None:
    create(iam)
    half = permit(Resource=[f"arn:aws:s3:::{'x' * 5000}/*"])
    for name in ("one", "two", "two"):
        iam.put_role_policy(RoleName="task", PolicyName=name, PolicyDocument=half)
    with pytest.raises(ClientError, match="10240 bytes exceeded for role task") as refusal:
        iam.put_role_policy(RoleName="task", PolicyName="three", PolicyDocument=half)
    assert refusal.value.response["Error"]["Code"] == "LimitExceeded"
    assert iam.list_role_policies(RoleName="task")["PolicyNames"] == ["one", "two"]


def test_a_policy_of_an_identity_names_no_principal_and_has_6144_characters_at_most(
    iam: Client,
) -> None:
    create(iam)
    arn = iam.create_policy(PolicyName="fits", PolicyDocument=permit())["Policy"]["Arn"]
    naming = permit(Principal="*")
    with pytest.raises(ClientError, match="should not specify a principal"):
        iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=naming)
    for document, sentence in (
        (naming, "should not specify a principal"),
        (permit(Sid="x" * 6144), "Cannot exceed quota for PolicySize: 6144"),
    ):
        with pytest.raises(ClientError, match=sentence):
            iam.create_policy(PolicyName="managed", PolicyDocument=document)
        with pytest.raises(ClientError, match=sentence):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)


def test_a_policy_is_deleted_only_unattached_and_with_one_version(iam: Client) -> None:
    create(iam)
    arn = iam.create_policy(PolicyName="reads", PolicyDocument=permit())["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="task", PolicyArn=arn)
    with pytest.raises(ClientError, match=r"DeleteConflict.* attached to entities"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="task", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=permit(), SetAsDefault=True)
    with pytest.raises(ClientError, match=r"DeleteConflict.* more than one version"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)


def test_a_role_is_deleted_only_without_policies(iam: Client) -> None:
    create(iam)
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=permit())
    with pytest.raises(ClientError, match=r"DeleteConflict.* must delete policies first"):
        iam.delete_role(RoleName="task")
    iam.delete_role_policy(RoleName="task", PolicyName="inline")
    iam.delete_role(RoleName="task")


def test_an_update_of_the_session_keeps_the_description(iam: Client) -> None:
    create(iam, Description="runs")
    iam.update_role(RoleName="task", MaxSessionDuration=7200)
    found = iam.get_role(RoleName="task")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("runs", 7200)

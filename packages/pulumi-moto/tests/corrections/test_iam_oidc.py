import boto3
import pytest

URL = "https://token.actions.githubusercontent.com"


def audiences(arn: str) -> list[str]:
    found = boto3.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return sorted(found["ClientIDList"])


def test_adding_or_removing_an_audience_twice_is_no_error() -> None:
    iam = boto3.client("iam")
    arn = iam.create_open_id_connect_provider(Url=URL, ClientIDList=["one"])[
        "OpenIDConnectProviderArn"
    ]
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    assert audiences(arn) == ["one", "two"]
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID="one"
        )
    assert audiences(arn) == ["two"]


def test_a_missing_provider_is_an_error() -> None:
    iam = boto3.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn="arn:aws:iam::123456789012:oidc-provider/none", ClientID="one"
        )

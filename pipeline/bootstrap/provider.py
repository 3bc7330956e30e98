"""GitHub's OpenID Connect provider. Projects share the account's only one."""

from collections.abc import Iterator
from typing import Any

from access import trust as ci_documents
from arbor.procedure import Step
from pipeline.bootstrap.stack_account import MADE_BY, StackAccount


def steps(account: StackAccount) -> Iterator[Step]:
    """The steps to a provider that accepts tokens for AWS; its other audiences stay."""
    iam = account.client("iam")
    arn = ci_documents.provider_arn(account.account_id)
    tags = [{"Key": key, "Value": value} for key, value in {**MADE_BY, "Component": "ci"}.items()]

    def takes_aws() -> bool:
        found = _read(account)
        return found is None or ci_documents.AUDIENCE in found["ClientIDList"]

    yield Step(
        action="create GitHub's OpenID Connect provider",
        do=lambda: iam.create_open_id_connect_provider(
            Url=f"https://{ci_documents.ISSUER}", ClientIDList=[ci_documents.AUDIENCE], Tags=tags
        ),
        took_effect=lambda: _read(account) is not None,
    )
    yield Step(
        action=f"add the audience {ci_documents.AUDIENCE} to GitHub's provider",
        do=lambda: iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID=ci_documents.AUDIENCE
        ),
        took_effect=takes_aws,
    )


def _read(account: StackAccount) -> dict[str, Any] | None:
    iam = account.client("iam")
    try:
        found: dict[str, Any] = iam.get_open_id_connect_provider(
            OpenIDConnectProviderArn=ci_documents.provider_arn(account.account_id)
        )
    except iam.exceptions.NoSuchEntityException:
        return None
    return found

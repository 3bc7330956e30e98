"""IAM: changes of an OpenID Connect provider's audiences."""

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse

from pulumi_moto.correction import corrects


@corrects(
    IamResponse,
    "add_client_id_to_open_id_connect_provider",
    moto="is not implemented",
    aws="adds an audience; an existing one is no error",
)
def add_client_id(_original: None, self: IamResponse) -> ActionResult:
    audiences = _audiences(self)
    if self._get_param("ClientID") not in audiences:
        audiences.append(self._get_param("ClientID"))
    return EmptyResult()


@corrects(
    IamResponse,
    "remove_client_id_from_open_id_connect_provider",
    moto="is not implemented",
    aws="removes an audience; a missing one is no error",
)
def remove_client_id(_original: None, self: IamResponse) -> ActionResult:
    audiences = _audiences(self)
    if self._get_param("ClientID") in audiences:
        audiences.remove(self._get_param("ClientID"))
    return EmptyResult()


def _audiences(response: IamResponse) -> list[str]:
    """Return the provider's audiences; raises moto's NoSuchEntity for a missing provider."""
    arn = response._get_param("OpenIDConnectProviderArn")
    found: list[str] = response.backend.get_open_id_connect_provider(arn).client_id_list
    return found

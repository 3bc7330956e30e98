"""The backend: the service with the migrations' image, which connects to the stores."""

from collections.abc import Sequence

from arbor.account import Account
from arbor.ecs import revisions, services
from arbor.ecs.services import Service
from arbor.procedure import Refused
from arbor_names import naming


def read(account: Account) -> Service:
    """The backend as it is now. Raises NoServiceError before `pulumi up` has created it."""
    return among(account, services.required(account))


def among(account: Account, found: Sequence[Service]) -> Service:
    """The backend of these services, by its image repository. Raises Refused if none has it."""
    family = naming.service(account.stack, naming.MIGRATIONS)
    newest = next(revisions.newest_first(account, family), None)
    if newest is None:
        raise Refused(
            f"There is no task definition {family}, which names the backend's image repository; "
            f"run `pulumi up` of {account.stack}."
        )
    repository = _repository(account, newest, naming.MIGRATIONS_CONTAINER)
    for service in found:
        if _repository(account, service.task_definition, service.app) == repository:
            return service
    raise Refused(
        f"No service of {account.stack} runs an image of {repository}, which {family} runs; run "
        f"`pulumi up` of {account.stack}."
    )


def _repository(account: Account, arn: str, container: str) -> str:
    """The image without tag and digest; a registry's port stays."""
    image = revisions.read(account, arn).image(container).partition("@")[0]
    host, slash, name = image.rpartition("/")
    return f"{host}{slash}{name.partition(':')[0]}"

"""The AUTH token of the stack's cache: the `password` in its secret."""

import json

import naming
from operations.account import Account
from operations.procedure import Refused


def read(account: Account) -> str:
    """Raises Refused when there is none; the value itself is never told."""
    manager, name = account.client("secretsmanager"), naming.secret(account.stack, "redis")
    try:
        text = manager.get_secret_value(SecretId=name)["SecretString"]
    except manager.exceptions.ResourceNotFoundException:
        raise Refused(f"There is no secret {name}; run `pulumi up` of {account.stack}.") from None
    except manager.exceptions.InvalidRequestException:
        raise Refused(
            f"{name} is to be deleted: `aws secretsmanager restore-secret --secret-id {name}`."
        ) from None
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    token = held.get("password") if isinstance(held, dict) else None
    if not isinstance(token, str) or not token:
        raise Refused(
            f"{name} is not JSON with a password; put the right value in with "
            "`aws secretsmanager put-secret-value`."
        )
    return token

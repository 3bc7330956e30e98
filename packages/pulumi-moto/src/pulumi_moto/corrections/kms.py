"""KMS: rotation periods, keys pending deletion, and policies that lock the account out."""

import json
from datetime import timedelta

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.kms.exceptions import ValidationException
from moto.kms.models import Key, KmsBackend
from moto.kms.responses import KmsResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.resource_policy import Attempt, allows, listed

YEAR = 365
PERIODS = (90, 2560)
WINDOWS = (7, 30)
REFUSED_WHILE_PENDING = (
    "create_alias",
    "disable_key",
    "disable_key_rotation",
    "enable_key",
    "get_key_rotation_status",
    "tag_resource",
    "untag_resource",
    "update_alias",
    "update_key_description",
)
"""https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"""


def _key(self: KmsResponse, name: str) -> Key | None:
    backend = self.kms_backend
    try:
        return backend.keys.get(backend.any_id_to_key_id(name))
    except AttributeError:  # a missing alias: moto raises its own error later
        return None


def _refuse_pending(key: Key | None) -> None:
    if key is not None and key.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _refuse_beyond(field: str, value: int, limits: tuple[int, int]) -> None:
    lowest, highest = limits
    if not lowest <= value <= highest:
        bound = f"greater than or equal to {lowest}"
        if value > highest:
            bound = f"less than or equal to {highest}"
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy "
            f"constraint: Member must have value {bound}"
        )


def _pending_refused(original: Replacement, self: KmsResponse) -> object:
    _refuse_pending(_key(self, self._get_param("TargetKeyId") or self._get_param("KeyId")))
    return original(self)


for operation in REFUSED_WHILE_PENDING:
    corrects(
        KmsResponse,
        operation,
        call=f"kms.{operation}",
        moto="accepts a key that is pending deletion",
        aws="refuses it with KMSInvalidStateException",
    )(_pending_refused)


@corrects(
    KmsBackend,
    call="kms.encrypt, kms.generate_data_key",
    moto="accepts a key that is disabled or pending deletion",
    aws="refuses it",
)
def encrypt(
    original: Replacement, self: KmsBackend, key_id: str, *args: object, **kwargs: object
) -> tuple[bytes, str]:
    _refuse_unusable(self.keys.get(self.any_id_to_key_id(key_id)))
    encrypted: tuple[bytes, str] = original(self, key_id, *args, **kwargs)
    return encrypted


@corrects(KmsBackend, moto="accepts a key that is disabled or pending deletion", aws="refuses it")
def decrypt(
    original: Replacement, self: KmsBackend, *args: object, **kwargs: object
) -> tuple[bytes, str]:
    plain: tuple[bytes, str] = original(self, *args, **kwargs)
    _refuse_unusable(self.keys[self.get_key_id(plain[1])])
    return plain


def _refuse_unusable(key: Key | None) -> None:
    _refuse_pending(key)
    if key is not None and key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")


@corrects(
    KmsBackend,
    moto="ignores a window outside 7 to 30 days; restarts the wait; does not find an ARN",
    aws="refuses such a window, and a key that is already pending deletion",
)
def schedule_key_deletion(
    original: Replacement, self: KmsBackend, key_id: str, pending_window_in_days: int
) -> float:
    key = self.keys[self.get_key_id(key_id)]
    _refuse_pending(key)
    _refuse_beyond("pendingWindowInDays", pending_window_in_days, WINDOWS)
    return float(original(self, key.id, pending_window_in_days))


@corrects(
    KmsBackend,
    moto="disables a key that is not pending deletion; does not find an ARN",
    aws="refuses it with KMSInvalidStateException",
)
def cancel_key_deletion(original: Replacement, self: KmsBackend, key_id: str) -> None:
    key = self.keys[self.get_key_id(key_id)]
    if key.key_state != "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    original(self, key.id)


def _by_its_id(original: Replacement, self: KmsBackend, key_id: str) -> None:
    original(self, self.get_key_id(key_id))


for operation in ("disable_key", "enable_key"):
    corrects(
        KmsBackend,
        operation,
        call=f"kms.{operation}",
        moto="does not find an ARN",
        aws="accepts a key's id or its ARN",
    )(_by_its_id)


@corrects(
    KmsResponse,
    moto="drops RotationPeriodInDays",
    aws="keeps it, from 90 to 2560 days, with 365 as the default",
)
def enable_key_rotation(original: Replacement, self: KmsResponse) -> str:
    key = _key(self, self._get_param("KeyId"))
    _refuse_unusable(key)
    days = self._get_param("RotationPeriodInDays") or YEAR
    _refuse_beyond("rotationPeriodInDays", days, PERIODS)
    answer = str(original(self))
    if key is not None:
        key.__dict__["rotation"] = (days, unix_time(utcnow() + timedelta(days=days)))
    return answer


@corrects(
    KmsResponse,
    moto="returns only whether the key rotates",
    aws="returns the period and the next date, too",
)
def get_key_rotation_status(original: Replacement, self: KmsResponse) -> str:
    answer: dict[str, object] = json.loads(original(self))
    key = _key(self, self._get_param("KeyId"))
    if key is not None:
        answer["KeyId"] = key.id
        if answer["KeyRotationEnabled"]:
            days, when = key.__dict__["rotation"]
            answer |= {"RotationPeriodInDays": days, "NextRotationDate": when}
    return json.dumps(answer)


def _malformed(sentence: str) -> JsonRESTError:
    return JsonRESTError("MalformedPolicyDocumentException", sentence)


def _refuse_policy(self: KmsResponse, text: str, arn: str = "*") -> None:
    try:
        policy = json.loads(text)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    statements = listed(policy.get("Statement", [])) if isinstance(policy, dict) else []
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise _malformed("Syntax errors in policy.")
    for statement in statements:
        if not statement.get("Principal", statement.get("NotPrincipal")):
            raise _malformed("Policy contains a statement with no principal.")
        for element, but in (("Effect", ""), ("Action", "Not"), ("Resource", "Not")):
            if element not in statement and f"{but}{element}" not in statement:
                raise _malformed(f"Missing required field {element}")
    if self._get_param("BypassPolicyLockoutSafetyCheck"):
        return
    account = self.current_account
    attempt = Attempt(
        account=account,
        action="kms:PutKeyPolicy",
        resource=arn,
        context={"kms:CallerAccount": account, "aws:PrincipalAccount": account},
    )
    if not allows(policy, attempt):
        raise _malformed(
            "The new key policy will not allow you to update the key policy in the future."
        )


@corrects(
    KmsResponse,
    moto="accepts any policy",
    aws="refuses a malformed one, and one that lets no principal of the account change it",
)
def create_key(original: Replacement, self: KmsResponse) -> str:
    if policy := self._get_param("Policy"):
        _refuse_policy(self, policy)
    return str(original(self))


@corrects(
    KmsResponse,
    moto="accepts any policy",
    aws="refuses a malformed one, and one that lets no principal of the account change it",
)
def put_key_policy(original: Replacement, self: KmsResponse) -> str:
    if key := _key(self, self._get_param("KeyId")):
        _refuse_policy(self, self._get_param("Policy"), key.arn)
    return str(original(self))

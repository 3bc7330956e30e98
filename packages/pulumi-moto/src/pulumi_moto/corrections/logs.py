"""CloudWatch Logs: filter patterns, retention periods and KMS keys."""

import functools
import json

from moto.kms.models import Key, kms_backends
from moto.logs.exceptions import (
    InvalidParameterException,
    LogsClientError,
    ResourceNotFoundException,
)
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse
from moto.logs.utils import EventMessageFilter, FilterPattern

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.log_json_pattern import PatternError
from pulumi_moto.log_pattern import Matches, compile_pattern
from pulumi_moto.resource_policy import Attempt, allows
from pulumi_moto.shapes import Members

RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096}
    | {1827, 2192, 2557, 2922, 3288, 3653}
)
"""Valid values of PutRetentionPolicy."""
KEY_ACTIONS = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey")

_compiled = functools.lru_cache(maxsize=64)(compile_pattern)


@corrects(
    LogsBackend,
    "filter_log_events",
    call="logs.filter_log_events (invalid patterns)",
    moto="accepts any pattern",
    aws="refuses an invalid one with InvalidParameterException",
)
def refuse_invalid_pattern(  # noqa: PLR0913, PLR0917 - moto's signature
    original: Replacement,
    self: LogsBackend,
    log_group_name: str,
    log_stream_names: list[str],
    start_time: int,
    end_time: int,
    limit: int | None,
    next_token: str | None,
    filter_pattern: str | None,
    interleaved: bool,  # noqa: FBT001 - moto passes it by position
) -> tuple[list[Members], str | None, list[Members]]:
    try:
        _compiled(filter_pattern or "")
    except PatternError as invalid:
        raise InvalidParameterException(str(invalid)) from None
    found: tuple[list[Members], str | None, list[Members]] = original(
        self,
        log_group_name,
        log_stream_names,
        start_time,
        end_time,
        limit,
        next_token,
        filter_pattern,
        interleaved,
    )
    return found


@corrects(
    EventMessageFilter,
    "__init__",
    call="logs.filter_log_events",
    moto="matches every event with a JSON pattern, `-term`, `?term` and a regular expression",
    aws="evaluates them",
)
def compile_filter(_original: Replacement, self: EventMessageFilter, pattern: str | None) -> None:
    self.filter_type = _Compiled(_compiled(pattern or ""))


class _Compiled(FilterPattern):
    """A compiled pattern in moto's interface."""

    def __init__(self, matches: Matches) -> None:
        super().__init__("")
        self.matches = matches


@corrects(LogsBackend, moto="accepts any number of days", aws="refuses a number outside its list")
def put_retention_policy(
    original: Replacement, self: LogsBackend, log_group_name: str, retention_in_days: int
) -> None:
    if retention_in_days not in RETENTION_DAYS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {sorted(RETENTION_DAYS)}",
            parameter="retentionInDays",
            value=retention_in_days,
        )
    original(self, log_group_name, retention_in_days)


@corrects(
    LogsBackend,
    call="logs.create_log_group (kmsKeyId)",
    moto="accepts a missing key, and one whose policy does not let CloudWatch Logs use it",
    aws="refuses those",
)
def create_log_group(
    original: Replacement,
    self: LogsBackend,
    log_group_name: str,
    tags: dict[str, str],
    **kwargs: str | None,
) -> LogGroup:
    if key_id := kwargs.get("kmsKeyId"):
        _refuse_unusable_key(self, log_group_name, key_id)
    group: LogGroup = original(self, log_group_name, tags, **kwargs)
    return group


@corrects(
    LogsBackend,
    moto="keeps the tags, and returns them for a later group of the same name",
    aws="deletes them with the group",
)
def delete_log_group(original: Replacement, self: LogsBackend, log_group_name: str) -> None:
    group = self.groups.get(log_group_name)
    original(self, log_group_name)
    if group is not None:
        self.tagger.delete_all_tags_for_resource(group.arn)


@corrects(
    LogsResponse,
    moto="is not implemented",
    aws="encrypts new events with a key that CloudWatch Logs may use",
)
def associate_kms_key(_original: None, self: LogsResponse) -> str:
    group = _group(self)
    key_id = self._get_param("kmsKeyId")
    _refuse_unusable_key(self.logs_backend, group.name, key_id)
    group.kms_key_id = key_id
    return json.dumps({})


@corrects(LogsResponse, moto="is not implemented", aws="encrypts new events with AWS's own key")
def disassociate_kms_key(_original: None, self: LogsResponse) -> str:
    _group(self).kms_key_id = None
    return json.dumps({})


def _group(response: LogsResponse) -> LogGroup:
    name = response._get_param("logGroupName")
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException
    return response.logs_backend.groups[name]


def _refuse_unusable_key(logs: LogsBackend, group: str, key_id: str) -> None:
    arn = f"arn:aws:logs:{logs.region_name}:{logs.account_id}:log-group:{group}"
    key = _enabled_key(logs, key_id)
    if key is None or not all(
        allows(
            json.loads(key.policy),
            Attempt(
                service=f"logs.{logs.region_name}.amazonaws.com",
                action=f"kms:{action}",
                resource=key.arn,
                context={
                    "kms:EncryptionContext:aws:logs:arn": arn,
                    "aws:SourceAccount": logs.account_id,
                    "aws:SourceArn": arn,
                },
            ),
        )
        for action in KEY_ACTIONS
    ):
        raise LogsClientError(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


def _enabled_key(logs: LogsBackend, key_id: str) -> Key | None:
    backend = kms_backends[logs.account_id][logs.region_name]
    key = backend.keys.get(backend.get_key_id(key_id))
    return key if key is not None and key.key_state == "Enabled" else None

"""Requests that WAF blocked: users get 403 or 429, and the application logs nothing."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from arbor.account import Account
from arbor.logs import reading
from arbor_names import naming

API_LIMITS = frozenset({"ApiMinuteLimit", "ApiTenMinuteLimit"})
"""They block one client above the API's limit, which is no incident."""
PATTERN = '{ $.action = "BLOCK" }'
MAX_PATH = 60
"""Characters of a path that are shown."""


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Requests that a rule answered with 403 or 429."""

    log: str
    """The log group that contains them."""
    count: int = 0
    more: bool = False
    """Whether there are more than `count`."""
    rules: list[tuple[str, int, str]] = field(default_factory=list)
    """Rule, number of requests, newest request; the most frequent rule first."""

    @property
    def harmful(self) -> int:
        """The requests that another rule than an API limit blocked."""
        return self.count - sum(number for rule, number, _ in self.rules if rule in API_LIMITS)

    @property
    def summary(self) -> str:
        """Each rule with the number of its requests and an example."""
        return "; ".join(f"{rule} {number} (such as {one})" for rule, number, one in self.rules)


def read(account: Account, since: datetime) -> Blocked:
    """The blocked requests in the log of the stack's web ACL."""
    group = naming.firewall_log_group(account.stack)
    events, more = reading.first_pages(account, group, PATTERN, since)
    number: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for event in events:
        request = _parsed(event["message"])
        rule = _rule(request)
        number[rule] += 1
        newest[rule] = _line(request)
    return Blocked(
        log=group,
        count=len(events),
        more=more,
        rules=[(rule, many, newest[rule]) for rule, many in number.most_common()],
    )


def _parsed(message: str) -> dict[str, Any]:
    try:
        found = json.loads(message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rule(request: dict[str, Any]) -> str:
    """A rule of a managed group, with the group; else the web ACL's own rule.

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
    """
    for group in request.get("ruleGroupList") or []:
        ended = group.get("terminatingRule") or {}
        if ended.get("ruleId"):
            return f"{ended['ruleId']} of {str(group.get('ruleGroupId', '')).split('#')[-1]}"
    return str(request.get("terminatingRuleId", "an unknown rule"))


def _line(request: dict[str, Any]) -> str:
    http = request.get("httpRequest") or {}
    return f"{http.get('httpMethod', '?')} {http.get('uri', '?')}"[:MAX_PATH]

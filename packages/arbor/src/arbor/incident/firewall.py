"""What WAF blocked: users get 403 or 429, and the application's log is empty."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from arbor.account import Account
from arbor_names import naming

API_LIMITS = frozenset({"ApiMinuteLimit", "ApiTenMinuteLimit"})
"""They answer 429 where the application would answer 500: one client, and no incident."""
PAGES = 5
"""As far as is counted."""
PATTERN = '{ $.action = "BLOCK" }'
LONGEST = 60
"""Characters of a path that are shown."""


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Requests that a rule answered with 403 or 429."""

    log: str
    """The group in which they stand."""
    count: int = 0
    more: bool = False
    """There are more than were counted."""
    rules: list[tuple[str, int, str]] = field(default_factory=list)
    """Which rule, how many, and the newest such request: the most frequent first."""

    @property
    def harmful(self) -> int:
        """Those that are not one client above the limit of the API."""
        return self.count - sum(number for rule, number, _ in self.rules if rule in API_LIMITS)

    def says(self) -> str:
        """Each rule with what it blocks."""
        return "; ".join(f"{rule} {number} (such as {such})" for rule, number, such in self.rules)


def read(account: Account, since: datetime) -> Blocked:
    """Of the stack's web ACL, by its log, which keeps no request that passed."""
    logs, group = account.client("logs"), naming.firewall_log_group(account.stack)
    found: list[dict[str, Any]] = []
    asked: dict[str, str] = {}
    for _ in range(PAGES):
        page = logs.filter_log_events(
            logGroupName=group,
            filterPattern=PATTERN,
            startTime=int(since.timestamp() * 1000),
            **asked,
        )
        found += page["events"]
        asked = {"nextToken": page["nextToken"]} if page.get("nextToken") else {}
        if not asked:
            break
    number: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for event in sorted(found, key=lambda event: int(event["timestamp"])):
        request = _parsed(event["message"])
        rule = _rule(request)
        number[rule] += 1
        newest[rule] = _told(request)
    return Blocked(
        log=group,
        count=len(found),
        more=bool(asked),
        rules=[(rule, many, newest[rule]) for rule, many in number.most_common()],
    )


def _parsed(message: str) -> dict[str, Any]:
    try:
        told = json.loads(message)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _rule(request: dict[str, Any]) -> str:
    """That of a managed group, with the group; else the web ACL's own.

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
    """
    for group in request.get("ruleGroupList") or []:
        ended = group.get("terminatingRule") or {}
        if ended.get("ruleId"):
            return f"{ended['ruleId']} of {str(group.get('ruleGroupId', '')).split('#')[-1]}"
    return str(request.get("terminatingRuleId", "an unknown rule"))


def _told(request: dict[str, Any]) -> str:
    asked = request.get("httpRequest") or {}
    return f"{asked.get('httpMethod', '?')} {asked.get('uri', '?')}"[:LONGEST]

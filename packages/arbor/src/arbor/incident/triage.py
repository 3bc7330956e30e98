"""Findings with severity and next commands, on a screen or as JSON."""

from dataclasses import replace
from typing import TYPE_CHECKING

from arbor.account import typed
from arbor.check import Check, Status, table
from arbor.incident import severity, status
from arbor.incident.checks import Unknown, sentence
from arbor.incident.firewall import Blocked
from arbor.incident.log_samples import Lines
from arbor.incident.readings import Readings, signals
from arbor.incident.severity import Finding
from arbor.incident.signals import Signals
from arbor.words import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

NOTHING = "No problem found."
NO_REQUESTS = "no requests in the last 15 minutes"


def findings(found: Readings) -> list[Finding]:
    """The most severe first."""
    stack = found.snapshot.stack
    return [
        replace(one, run=typed(one.run, stack)) if one.run.startswith("arbor ") else one
        for one in severity.judge(signals(found))
    ]


def document(found: Readings) -> dict[str, object]:
    """For `--json`."""
    problems = findings(found)
    return {
        "stack": found.snapshot.stack,
        "at": found.snapshot.at,
        "severity": problems[0].level if problems else None,
        "summary": headline(problems, unknown(found)),
        "findings": [vars(finding) for finding in problems],
        "unknown": unknown(found),
        "checked": [check.document() for check in (*checklist(found), *issues(found))],
        "errors": {app: lines.samples for app, lines in _errors(found).items()},
    }


def screen(found: Readings) -> "RenderableType":
    """For a terminal: severity, findings and next commands, then every check."""
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    problems = findings(found)
    style = "bold red" if problems else "bold"
    parts: list[RenderableType] = [
        status.title(found.snapshot),
        Text(headline(problems, unknown(found)), style=style),
    ]
    for finding in problems:
        parts += [
            Text(f"{finding.level}  {finding.evidence}"),
            Text(f"    run: {finding.run}", style="cyan"),
        ]
    for title, checks in (
        ("Initial response checklist", checklist(found)),
        ("Common issues", issues(found)),
    ):
        parts += [Text(f"\n{title}", style="bold"), table(checks)]
    for app, lines in _errors(found).items():
        if lines.samples:
            parts.append(Text(f"\nLast errors of {app}", style="bold"))
            parts += [Text(f"  {sample}") for sample in lines.samples]
    return Group(*parts)


def headline(problems: list[Finding], missing: list[str]) -> str:
    """The severity, and whether it may be higher."""
    more = f" {counted(len(missing), 'part')} unknown: severity may be higher." if missing else ""
    if not problems:
        return f"{NOTHING}{more}"
    meaning, response = severity.LEVELS[problems[0].level]
    return f"Looks like {problems[0].level} - {meaning}; respond within {response}.{more}"


def unknown(found: Readings) -> list[str]:
    """The parts that could not be read, with reasons."""
    checks = [*found.snapshot.checks(), *checklist(found), *issues(found)]
    return list(dict.fromkeys(sentence(check) for check in checks if check.status == "??"))


def checklist(found: Readings) -> list[Check]:
    """The runbook's initial response: health, services, logs and targets."""
    checks = [check for check in found.snapshot.checks() if check.name != "operation"]
    if isinstance(found.errors, Unknown):
        return [*checks, found.errors.check("logs")]
    return [*checks, *(_log(app, lines) for app, lines in found.errors.items())]


def _errors(found: Readings) -> dict[str, Lines]:
    if isinstance(found.errors, Unknown):
        return {}
    return {app: one for app, one in found.errors.items() if not isinstance(one, Unknown)}


def _log(app: str, lines: Lines | Unknown) -> Check:
    name = f"{app} log"
    if isinstance(lines, Unknown):
        return lines.check(name)
    many = f"{'at least ' if lines.more else ''}{counted(lines.count, 'error')}"
    return Check(
        status=_status(bad=bool(lines.count)), name=name, message=f"{many} in the last 30 minutes"
    )


def issues(found: Readings) -> list[Check]:
    """The runbook's common issues, each with its numbers."""
    known = signals(found)
    pool, blocked = found.exhausted, found.blocked
    pool_check = pool.check("pool exhausted") if isinstance(pool, Unknown) else _pool(known)
    blocked_check = (
        blocked.check("blocked by WAF") if isinstance(blocked, Unknown) else _waf(known, blocked)
    )
    if isinstance(found.metrics, Unknown):
        return [found.metrics.check("metrics"), blocked_check, pool_check]
    return [_failed_requests(known), blocked_check, _slow(known), pool_check, _cache(known)]


def _failed_requests(known: Signals) -> Check:
    if not known.requests:
        return Check(status="", name="502/503 errors", message=NO_REQUESTS)
    return Check(
        status=_status(
            bad=known.failing >= severity.FAILING and known.requests >= severity.MIN_REQUESTS
        ),
        name="502/503 errors",
        message=f"{known.failed_requests or 0:.0f} of {known.requests:.0f} requests "
        "in the last 15 minutes",
    )


def _waf(known: Signals, blocked: Blocked) -> Check:
    many = f"{'at least ' if blocked.more else ''}{counted(blocked.count, 'request')}"
    by = f": {blocked.summary}" if blocked.rules else ""
    return Check(
        status=_status(bad=any(severity.blocked_by_firewall(known))),
        name="blocked by WAF",
        message=f"{many} in the last 15 minutes{by}",
    )


def _slow(known: Signals) -> Check:
    if known.seconds is None:
        return Check(status="", name="slow responses", message=NO_REQUESTS)
    return Check(
        status=_status(bad=known.seconds > severity.SLOW_SECONDS),
        name="slow responses",
        message=f"{known.seconds:.2f} s, the highest 5-minute average in the last 15 minutes",
    )


def _pool(known: Signals) -> Check:
    used = "?" if known.connections is None else f"{known.connections:.0f}"
    usable = "?" if known.usable_connections is None else str(known.usable_connections)
    high = known.connections_used >= severity.MANY_CONNECTIONS
    return Check(
        status=_status(bad=bool(known.exhausted) or high),
        name="pool exhausted",
        message=f"{counted(known.exhausted or 0, 'log line')}; "
        f"{used} of {usable} usable connections open",
    )


def _cache(known: Signals) -> Check:
    if known.hits is None and known.misses is None:
        return Check(status="", name="cache", message=NO_REQUESTS)
    low = known.hit_rate is not None and known.hit_rate < severity.LOW_HIT_RATE
    return Check(
        status=_status(bad=low or bool(known.evictions)),
        name="cache",
        message=(
            f"{known.hits or 0:.0f} hits, {known.misses or 0:.0f} misses, "
            f"{known.evictions or 0:.0f} evictions, {known.cache_connections or 0:.0f} connections"
        ),
    )


def _status(*, bad: bool) -> Status:
    return "NG" if bad else "OK"

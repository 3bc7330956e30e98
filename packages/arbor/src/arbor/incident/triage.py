"""What is the matter, how severe it looks, and what to do next: as JSON, and on a screen."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from arbor.account import APPS, typed
from arbor.incident import severity, status
from arbor.incident.evidence import Evidence, facts
from arbor.incident.facts import Facts
from arbor.incident.firewall import Blocked
from arbor.incident.row import Mark, Row, Unknown
from arbor.incident.severity import Finding
from arbor.words import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

NOTHING = "Nothing wrong found."


def findings(found: Evidence) -> list[Finding]:
    """The most severe first."""
    return [
        replace(one, run=typed(one.run, found.look.stack)) if one.run.startswith("arbor ") else one
        for one in severity.judge(facts(found))
    ]


def document(found: Evidence) -> dict[str, Any]:
    """For scripts."""
    wrong = findings(found)
    return {
        "stack": found.look.stack,
        "at": found.look.at,
        "severity": wrong[0].level if wrong else None,
        "summary": headline(wrong, unknown(found)),
        "findings": [vars(finding) for finding in wrong],
        "unknown": unknown(found),
        "checked": [vars(row) for row in (*checklist(found), *issues(found))],
        "errors": {
            app: lines.samples
            for app, lines in found.errors.items()
            if not isinstance(lines, Unknown)
        },
    }


def screen(found: Evidence) -> "RenderableType":
    """For a person at three in the morning: how bad, why, what to do; then what was looked at."""
    from rich.console import Group  # noqa: PLC0415 - slow, and --help is fast
    from rich.text import Text  # noqa: PLC0415 - as above

    wrong = findings(found)
    style = "bold red" if wrong else "bold"
    parts: list[RenderableType] = [
        status.title(found.look),
        Text(headline(wrong, unknown(found)), style=style),
    ]
    for finding in wrong:
        parts += [
            Text(f"{finding.level}  {finding.evidence}"),
            Text(f"    run: {finding.run}", style="cyan"),
        ]
    for title, rows in (
        ("Initial response checklist", checklist(found)),
        ("Common issues", issues(found)),
    ):
        parts += [Text(f"\n{title}", style="bold"), status.table(rows)]
    for app, lines in found.errors.items():
        if not isinstance(lines, Unknown) and lines.samples:
            parts.append(Text(f"\nLast errors of the {app}", style="bold"))
            parts += [Text(f"  {sample}") for sample in lines.samples]
    return Group(*parts)


def headline(wrong: list[Finding], missing: list[str]) -> str:
    """How severe it looks, and whether it may be worse."""
    more = f" {counted(len(missing), 'part')} unknown: it may be worse." if missing else ""
    if not wrong:
        return f"{NOTHING}{more}"
    meaning, soon = severity.LEVELS[wrong[0].level]
    return f"Looks like {wrong[0].level} - {meaning}; answer within {soon}.{more}"


def unknown(found: Evidence) -> list[str]:
    """What could not be read, and why."""
    rows = [*found.look.rows(), *checklist(found), *issues(found)]
    return list(dict.fromkeys(f"{row.what}: {row.says}" for row in rows if row.mark == "??"))


def checklist(found: Evidence) -> list[Row]:
    """The four steps of the runbook: health, services, logs, targets."""
    looked = [row for row in found.look.rows() if row.what != "operation"]
    return [
        *looked,
        *(_logged(found, app) for app in APPS),
    ]


def _logged(found: Evidence, app: str) -> Row:
    what, lines = f"{app} log", found.errors[app]
    if isinstance(lines, Unknown):
        return lines.row(what)
    many = f"{'at least ' if lines.more else ''}{counted(lines.count, 'error')}"
    return Row("NG" if lines.count else "OK", what, f"{many} in the last 30 minutes")


def issues(found: Evidence) -> list[Row]:
    """Those that the runbook calls common; each says what speaks for or against it."""
    told = facts(found)
    lines = found.exhausted
    pool = lines.row("pool exhausted") if isinstance(lines, Unknown) else _pool(told)
    blocked = found.blocked
    walled = (
        blocked.row("blocked by WAF") if isinstance(blocked, Unknown) else _walled(told, blocked)
    )
    if isinstance(found.numbers, Unknown):
        return [found.numbers.row("metrics"), walled, pool]
    return [_errors(told), walled, _slow(told), pool, _cache(told)]


def _errors(told: Facts) -> Row:
    if not told.requests:
        return Row("", "502/503 errors", "no request in the last 15 minutes")
    return Row(
        _mark(bad=told.failing >= severity.FAILING and told.requests >= severity.FEW_REQUESTS),
        "502/503 errors",
        f"{told.failed_requests or 0:.0f} of {told.requests:.0f} requests in the last 15 minutes",
    )


def _walled(told: Facts, blocked: Blocked) -> Row:
    many = f"{'at least ' if blocked.more else ''}{counted(blocked.count, 'request')}"
    by = f": {blocked.says()}" if blocked.rules else ""
    return Row(
        _mark(bad=any(severity.refused_by_the_firewall(told))),
        "blocked by WAF",
        f"{many} in the last 15 minutes{by}",
    )


def _slow(told: Facts) -> Row:
    if told.seconds is None:
        return Row("", "slow answers", "no request in the last 15 minutes")
    return Row(
        _mark(bad=told.seconds > severity.SLOW_SECONDS),
        "slow answers",
        f"{told.seconds:.2f} s on average in the worst 5 of the last 15 minutes",
    )


def _pool(told: Facts) -> Row:
    taken = "?" if told.connections is None else f"{told.connections:.0f}"
    usable = "?" if told.usable_connections is None else str(told.usable_connections)
    return Row(
        _mark(bad=bool(told.exhausted) or told.crowded >= severity.CROWDED),
        "pool exhausted",
        f"{counted(told.exhausted or 0, 'log line')} about it; "
        f"{taken} of {usable} usable connections are taken",
    )


def _cache(told: Facts) -> Row:
    if told.hits is None and told.misses is None:
        return Row("", "cache", "nobody asked it in the last 15 minutes")
    cold = told.hit_rate is not None and told.hit_rate < severity.COLD
    return Row(
        _mark(bad=cold or bool(told.evictions)),
        "cache",
        f"{told.hits or 0:.0f} hits, {told.misses or 0:.0f} misses, "
        f"{told.evictions or 0:.0f} evictions, {told.cache_connections or 0:.0f} connections",
    )


def _mark(*, bad: bool) -> Mark:
    return "NG" if bad else "OK"

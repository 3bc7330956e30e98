"""Compare the settings of a repository with the table, and render the findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.repository.read import LiveSettings, UnreadableError
from pipeline.repository.setting import Setting


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A wrong or unreadable setting."""

    setting: Setting
    found: str
    call: str = ""
    unreadable: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of every row that applies."""

    holding: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether each required setting was read and is correct."""
        return all(finding.setting.optional for finding in self.findings)


def judge(settings: Sequence[Setting], live: LiveSettings) -> Verdict:
    """Check every row against the repository. Raises GitHubError if GitHub can't be reached."""
    holding, findings = 0, []
    for setting in settings:
        try:
            if not setting.applies(live):
                continue
            found = setting.judge(live)
            if not found:
                holding += 1
                continue
            findings.append(Finding(setting=setting, found=found, call=setting.call(live)))
        except UnreadableError as unreadable:
            findings.append(Finding(setting=setting, found=str(unreadable), unreadable=True))
    return Verdict(holding=holding, findings=tuple(findings))


def render(verdict: Verdict, live: LiveSettings) -> str:
    """For a terminal: wrong settings and advice, with the calls that set them; unreadable settings.

    Calls begin in the first column, as the end of a here-document must.
    """
    total = verdict.holding + len(verdict.findings)
    kind = "private" if live.private else "public"
    lines = [f"{live.repository} ({kind}): {verdict.holding} of {total} settings are correct."]
    for title, chosen in (
        ("Missing", _chosen(verdict, optional=False)),
        ("Recommended", _chosen(verdict, optional=True)),
    ):
        if chosen:
            lines += ["", f"{title}:", *_set(chosen)]
    unreadable = [finding for finding in verdict.findings if finding.unreadable]
    if unreadable:
        lines += ["", "Unreadable:"]
        for finding in unreadable:
            lines += ["", *_described(finding)]
            lines.append(f"  The token needs {finding.setting.permission}.")
    return "\n".join(lines)


def _chosen(verdict: Verdict, *, optional: bool) -> list[Finding]:
    return [
        finding
        for finding in verdict.findings
        if finding.setting.optional is optional and not finding.unreadable
    ]


def _set(findings: Sequence[Finding]) -> Iterator[str]:
    """Findings with the same call are listed together before it."""
    for call in dict.fromkeys(finding.call for finding in findings):
        alike = [finding for finding in findings if finding.call == call]
        for finding in alike:
            yield ""
            yield from _described(finding)
        for note in dict.fromkeys(finding.setting.note for finding in alike):
            if note:
                yield f"  {note}"
        if call:
            yield ""
            yield call


def _described(finding: Finding) -> Iterator[str]:
    name = finding.setting.name
    yield f"- {name[0].upper()}{name[1:]}: {finding.found}."
    yield f"  Why: {finding.setting.why}."
    yield f"  {finding.setting.source}"

"""The nightly check for drift and for secrets of the state: one issue for all stacks.

The issue is closed when every expected stack was checked without a finding.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from pipeline import github
from pipeline.apply import chat
from pipeline.report.comment import render_drift
from pipeline.report.report import Report, is_of

LABEL: Final = "drift"
NO_DRIFT: Final = "Every stack was checked: no drift, and every secret was rotated."


@dataclass(kw_only=True)
class Nightly:
    """The reports of one night."""

    reports: list[Report] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """A sentence for each unchecked stack."""

    @classmethod
    def read(cls, files: Iterable[Path], expected: Sequence[str]) -> Self:
        """Read the reports; a missing or broken one becomes a sentence."""
        night = cls()
        for file in files:
            if not file.exists():
                if not _stands_for(file, expected):
                    night.unknown.append(f"{file} is missing: its stack was not checked.")
                continue
            try:
                night._add(Report.read(file))
            except ValueError as wrong:
                night.unknown.append(str(wrong))
        seen = {report.stack for report in night.reports}
        night.unknown += [
            f"{stack} left no report: its job failed before it wrote one."
            for stack in expected
            if stack not in seen
        ]
        if not seen and not night.unknown:
            night.unknown.append("0 reports were given; name a report, or a stack with --expect.")
        return night

    def _add(self, report: Report) -> None:
        self.reports.append(report)
        if report.drift is None:
            why = f": {report.failure}" if report.failure else "."
            self.unknown.append(f"{report.stack} was not checked{why}")

    @property
    def drifted(self) -> list[str]:
        return [report.stack for report in self.reports if report.drift]

    @property
    def unrotated(self) -> list[str]:
        return [report.stack for report in self.reports if report.unrotated]

    @property
    def is_clean(self) -> bool:
        return not (self.drifted or self.unrotated or self.unknown)

    @property
    def text(self) -> str:
        if not self.is_clean:
            return render_drift(self.reports, self.unknown)
        return NO_DRIFT

    @property
    def title(self) -> str:
        """The title of the open issue."""
        drift = [f"drift in {', '.join(self.drifted)}"] if self.drifted else []
        secrets = [f"secrets to rotate in {', '.join(self.unrotated)}"] if self.unrotated else []
        unknown = ["not every stack was checked"] if self.unknown else []
        sentence = "; ".join([*drift, *secrets, *unknown])
        return sentence[:1].upper() + sentence[1:]

    def post(self, repository: github.Repository, say: Callable[[str], None]) -> bool:
        """Update the issue, and send its address to the chat; returns whether it was sent."""
        if self.is_clean:
            repository.close_issue(LABEL, NO_DRIFT)
            return True
        address = repository.keep_issue(LABEL, self.title, self.text)
        say(address)
        try:
            chat.send(f"{self.title}: {address}")
        except chat.ChatError as failed:
            say(str(failed))
            return False
        return True


def _stands_for(missing: Path, expected: Sequence[str]) -> bool:
    """Whether the sentence of an expected stack is enough for a file, or a pattern."""
    is_pattern = "*" in missing.name
    return bool(expected) if is_pattern else any(is_of(missing, stack) for stack in expected)

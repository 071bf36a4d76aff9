"""The figures of a run: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.conformance.compare import Mode
from tests.conformance.outcome import Outcome


@dataclass
class Report:
    """Outcomes of a run over some files, and how many cases of each file do not count."""

    modes: Sequence[Mode]
    skipped: Mapping[str, int]
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def passed(self) -> int:
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def passed_percent(self) -> float:
        """Of the cases that were run; 100 if there were none."""
        return 100 * self.passed / len(self.outcomes) if self.outcomes else 100.0

    @property
    def failures(self) -> list[Outcome]:
        """Failed outcomes by file, case and mode."""
        return sorted((o for o in self.outcomes if not o.passed), key=lambda o: (o.file, o.name, o.mode))

    @property
    def last_line(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {sum(self.skipped.values())} skipped"

    def table(self) -> str:
        """One line per file: passed and failed in each mode, skipped, seconds; then the causes of failure."""
        files = sorted({outcome.file for outcome in self.outcomes} | {file for file, count in self.skipped.items() if count})
        width = max(map(len, files), default=4)
        head = "".join(f"{mode + ' passed':>14}{'failed':>8}" for mode in self.modes)
        lines = [f"{'file':{width}}{head}{'skipped':>9}{'seconds':>9}"]
        lines += [self._line(file, width) for file in files]
        causes = Counter(outcome.cause for outcome in self.failures)
        if causes:
            lines += ["", "failures: " + ", ".join(f"{count} {cause}" for cause, count in causes.most_common())]
        return "\n".join(lines)

    def details(self) -> str:
        """Every failure with its reason, grouped by cause."""
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self.failures:
            groups[outcome.cause].append(outcome)
        lines = []
        for cause, outcomes in groups.items():
            lines.append(f"\n## {cause}: {len(outcomes)}")
            lines += [f"{o.file}/{o.name} ({o.mode}): {o.reason}" + _indented(o.detail) for o in outcomes]
        return "\n".join(lines)

    def write_json(self, path: Path) -> None:
        """Figures and all outcomes."""
        body = {
            "passed": self.passed,
            "failed": len(self.failures),
            "skipped": sum(self.skipped.values()),
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }
        path.write_text(json.dumps(body, indent=1), encoding="utf-8")

    def _line(self, file: str, width: int) -> str:
        mine = [outcome for outcome in self.outcomes if outcome.file == file]
        counts = ""
        for mode in self.modes:
            passed = [outcome.passed for outcome in mine if outcome.mode == mode]
            counts += f"{sum(passed):>14}{len(passed) - sum(passed) or '-':>8}"
        return f"{file:{width}}{counts}{self.skipped.get(file) or '-':>9}{sum(o.seconds for o in mine):>9.1f}"


def _indented(detail: str) -> str:
    return "".join(f"\n    {line}" for line in detail.splitlines())

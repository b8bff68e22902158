"""For GitHub Actions: workflow commands that become annotations of the pull request.

Escapes are those of the runner (actions/toolkit, command.ts): ``%``, CR and LF everywhere, ``:`` and ``,`` in
properties too.
"""

from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding
from aftgen.checks.formats.text import visible
from aftgen.checks.registry import BY_ID


def write(report: Report) -> str:
    """One line for each finding; none for none."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    place = finding.place
    properties = {"title": f"{finding.rule} {BY_ID[finding.rule].name}", "file": place.path}
    if place.line:
        properties["line"] = str(place.line)
        properties["endLine"] = str(place.end_line)
        if place.end_line == place.line:
            # The runner ignores columns of a range of several lines.
            properties["col"] = str(place.column)
            properties["endColumn"] = str(place.end_column)
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = visible(finding.message) + (f"\n{visible(finding.hint)}" if finding.hint else "")
    return f"::{finding.severity.value} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")

"""What ``aftgen publish --follow`` does after the push."""

import subprocess
from pathlib import Path
from shlex import quote
from shutil import which
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.aws.connections import Connections
    from aftgen.follow.fleet import Job
    from aftgen.follow.outcome import Report
    from aftgen.publish.push import Published
    from aftgen.repository import Repository


def follow(repository: "Repository", published: "Published", minutes: int) -> "Report | None":
    """Follow AFT to the end; None where there are no credentials, and a person was told the command.

    Raises Refused and UsageError where AWS does not let it go on.
    """
    from aft_access.errors import AccessError

    from aftgen.aws.connections import NoCredentials, connect, explained

    connections = connect(repository)
    try:
        return _follow(repository, published, connections, minutes * 60.0)
    except NoCredentials as error:
        _without(error.message, error.hint)
        return None
    except AccessError as error:
        told = explained(error)
        if isinstance(told, NoCredentials):
            _without(told.message, told.hint)
            return None
        raise told from error


def _without(message: str, hint: str | None) -> None:
    output.message(f"published, but not followed: {message}")
    output.message("AFT starts no pipeline for a changed grant or customization. With credentials, run:")
    output.message("  aftgen publish --follow")
    if hint:
        output.message(f"({hint})")


def _follow(
    repository: "Repository", published: "Published", connections: "Connections", timeout: float
) -> "Report":
    from aftgen.aws import followed
    from aftgen.aws.accounts import AwsAccounts
    from aftgen.aws.convergence import AwsConvergence
    from aftgen.aws.framework import AwsFramework
    from aftgen.aws.pipelines import AwsPipelines
    from aftgen.aws.refusals import AwsRefusals
    from aftgen.follow.following import Following, Outside
    from aftgen.follow.publication import Publication

    account = connections.check()
    before = followed.read(connections.aft)
    publication = Publication(repository, published, before)
    work = publication.work()
    with publication.tree() as tree:
        following = Following(
            work,
            Outside(
                pipelines=AwsPipelines(connections.aft),
                framework=AwsFramework(
                    connections.aft,
                    region=connections.region,
                    account_id=account,
                    partition=connections.wiring.partition,
                ),
                accounts=AwsAccounts(connections),
                refusals=AwsRefusals(connections),
                convergence=AwsConvergence(connections, tree),
                clock=connections.clock,
            ),
            contains=publication.contains,
            changed_since=publication.changed_since,
            tell=lambda line: output.message(output.printable(line)),
            tell_job=_tell_job,
            limit=connections.limit,
        )
        try:
            report = following.follow(timeout)
        except BaseException:
            _left_behind(following.report)
            raise
    if report.ok and before != work.source:
        followed.write(connections.aft, work.source, before=before)
    return report


def _tell_job(job: "Job") -> None:
    from aftgen.follow.report import job_line

    output.message(output.printable(job_line(job)))


def _left_behind(report: "Report") -> None:
    from aftgen.follow.fleet import State

    jobs = [account.job for account in report.accounts if account.job is not None]
    running = [job.account.name for job in jobs if job.state is State.RUNNING]
    if running:
        output.message(f"these pipelines go on without this program: {', '.join(running)}")
    output.message("published; 'aftgen publish --follow' again goes on from here")


def show(report: "Report") -> None:
    """For a person, on standard output."""
    from aftgen.follow.report import text

    output.result()
    for number, (line, good) in enumerate(text(report)):
        shown = output.printable(line)
        output.result(click.style(shown, bold=number == 0, fg=None if good else "red"))


def as_object(report: "Report | None") -> Any:
    """For a machine."""
    from aftgen.follow.report import as_object as whole

    return whole(report) if report is not None else None


def write_report(report: "Report", file: Path | None, pull_request: str, repository: "Repository") -> None:
    """The report as Markdown into a file, and onto the pull request. Neither can make a publication fail."""
    from aftgen.follow.report import markdown

    written = markdown(report)
    if file is not None:
        try:
            file.write_text(written, encoding="utf-8")
        except OSError as error:
            output.warning(f"{file} cannot be written: {error.strerror}")
    if pull_request:
        _comment(written, pull_request, report.work.source, repository)


def _comment(text: str, pull_request: str, commit: str, repository: "Repository") -> None:
    binary = which("gh")
    if binary is None:
        output.warning("the pull request gets no comment: gh is not on PATH")
        return

    def gh(*arguments: str, given: str = "") -> tuple[int, str]:
        done = subprocess.run(
            [binary, *arguments],
            cwd=repository.root,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, (done.stdout if done.returncode == 0 else done.stderr).strip()

    number = pull_request
    if pull_request == "merged":
        path = f"repos/{{owner}}/{{repo}}/commits/{commit}/pulls"
        code, number = gh("api", path, "--jq", ".[0].number // empty")
        if code != 0 or not number:
            output.warning(f"no pull request of {commit[:12]} was found{': ' + number if code else ''}")
            return
    code, said = gh("pr", "comment", number, "--body-file", "-", given=text)
    if code != 0:
        output.warning(f"gh pr comment {quote(number)}: {said}")

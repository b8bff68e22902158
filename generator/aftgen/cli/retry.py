"""``aftgen retry NAME``: the step that AFT's rules demand after a failure, one at a time."""

from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output
from aftgen.cli.edits import account_names, edit_options

if TYPE_CHECKING:
    from aftgen.aws.evidence import Reading
    from aftgen.diagnosis.evidence import Evidence, Product
    from aftgen.diagnosis.retrying import Merged, Step
    from aftgen.editing.files import FileChange
    from aftgen.git import Git
    from aftgen.repository import Repository

Options = dict[str, bool]


@click.command("retry", epilog="Example: aftgen retry payments-prod --pr")
@click.argument("name", shell_complete=account_names)
@click.option("--redrive", is_flag=True, help="Send the account's dead letter to AFT's queue again.")
@click.option("--terminate-product", is_flag=True, help="Terminate the errored provisioned product.")
@click.option("--confirm-product", metavar="PRODUCT", help="Its name, in place of the question.")
@edit_options
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    redrive: bool,
    terminate_product: bool,
    confirm_product: str | None,
    as_pull_request: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take the next step that repairs the failed request of the account NAME.

    \b
    A new request that failed is not retried by changing it. The way is:
    -  terminate the errored provisioned product, where there is one;
    -  remove the request, merge and publish (1 of 2);
    -  add the same request again, merge and publish (2 of 2);
    or, where its order is a dead letter, --redrive in place of the two.

    What was done already is seen in AFT's table and in git: run the same command again for the next step. A
    failed pipeline of an account that exists is run again, as 'aftgen rerun' does; the request of an account
    that exists is never removed.
    """
    from aft_access.errors import AccessError

    from aftgen.aws.connections import explained
    from aftgen.cli.status import collector_of, here
    from aftgen.diagnosis import retrying
    from aftgen.diagnosis.diagnose import diagnose
    from aftgen.diagnosis.retrying import Step

    options = {"as_pull_request": as_pull_request, "dry_run": dry_run, "as_json": as_json, "quiet": quiet}
    repository = here()
    try:
        collector = collector_of(name, with_access=False)
        evidence = collector.collect()
        diagnosis = diagnose(evidence)
        if not quiet and not as_json and diagnosis.finding is not None:
            output.message(output.printable(f"{evidence.subject.shown}: {diagnosis.now}"))
        wish = retrying.Wish(redrive=redrive, terminate=terminate_product)
        step = retrying.next_step(evidence, diagnosis, _merged(repository, evidence), wish)
        if not quiet and not as_json:
            output.message(f"Next: {step.value}.")
            if step is Step.REMOVE and evidence.letters:
                output.message("Its order is a dead letter: if the request is right, --redrive is enough.")
        if step is Step.TERMINATE:
            _terminate(collector.reading, evidence, options, terminate_product, confirm_product)
        elif step is Step.REDRIVE:
            _redrive(collector.reading, evidence, options)
        elif step is Step.RERUN:
            _rerun(ctx, evidence, options)
        else:
            assert repository is not None
            _propose(repository, evidence, step, options)
    except AccessError as error:
        raise explained(error) from error


def _names(evidence: "Evidence") -> frozenset[str]:
    subject = evidence.subject
    return frozenset(filter(None, (subject.name, subject.email.casefold())))


def _merged(repository: "Repository | None", evidence: "Evidence") -> "Merged":
    """Whether the request is in the files and on the default branch."""
    from aftgen.diagnosis import restoring
    from aftgen.diagnosis.retrying import Merged
    from aftgen.editing.base import at
    from aftgen.git import Git, GitError
    from aftgen.reader.folder import read

    if repository is None:
        return Merged(here=False, on_base=False, why="this is not in a repository of requests")
    here = restoring.named(read(repository), _names(evidence)) is not None
    try:
        git = Git(repository.root)
        base = at(git, repository, restoring.base_commit(git))
    except GitError as error:
        return Merged(here=here, on_base=False, why=error.message)
    return Merged(here=here, on_base=restoring.named(base, _names(evidence)) is not None)


def _terminate(
    reading: "Reading", evidence: "Evidence", options: Options, wanted: bool, confirmed: str | None
) -> None:
    from aft_access.errors import AwsError

    from aftgen.aws.evidence_products import Products
    from aftgen.diagnosis.retrying import termination
    from aftgen.errors import Refused

    product = evidence.product
    assert product is not None
    command = termination(product)
    done = ""
    if wanted and not options["dry_run"]:
        _confirm(product, confirmed)
        try:
            done = Products(reading.terminating).terminate(product, f"aftgen-{product.id}")
        except AwsError as error:
            raise Refused(
                f"the product was not terminated: {error}",
                hint=f"in the organization's management account: {command}",
            ) from None
    if options["as_json"]:
        result = {"step": "terminate", "product": product.name, "product_id": product.id, "command": command}
        output.emit_json({"version": 1, "dry_run": options["dry_run"], **result, "record": done or None})
    elif done:
        output.result(f"terminating {product.name} ({product.id}), record {done}")
        output.message("When it is gone, run 'aftgen retry' again.")
    else:
        output.result(f"{product.name} is {product.status}: {product.message or 'without a reason'}")
        output.message("\nIn the organization's management account, run:")
        output.result(f"  {command}")
        output.message("or this again with --terminate-product, which asks for the product's name.")
    if not done:
        raise click.exceptions.Exit(0 if options["dry_run"] else 1)


def _confirm(product: "Product", given: str | None) -> None:
    """Raises Refused unless the person types the product's name."""
    from aftgen.errors import Refused

    if given is None and output.is_interactive():
        question = f"Type the name of the product to terminate it ({product.name})"
        given = click.prompt(question, default="", show_default=False, err=True)
    if given != product.name:
        raise Refused(
            "nothing was terminated: the product's name was not given"
            if not given
            else f"nothing was terminated: {given!r} is not the product's name",
            hint=f"--confirm-product {product.name}",
        )


def _redrive(reading: "Reading", evidence: "Evidence", options: Options) -> None:
    from aft_access.errors import AwsError

    from aftgen.aws.evidence_letters import Letters
    from aftgen.errors import Refused

    letter = evidence.letters[-1]
    if not options["dry_run"]:
        try:
            sent = Letters(reading.aft, reading.queue_name).redrive(letter.email)
        except AwsError as error:
            raise Refused(
                f"the dead letter was not, or not wholly, sent again: {error}",
                hint="run it again within five minutes: the same letter is not taken twice",
            ) from None
        if sent is None:
            raise Refused("the dead letter is gone: somebody else has it", hint="look again in half a minute")
    if options["as_json"]:
        result = {"step": "redrive", "operation": letter.operation, "email": letter.email}
        output.emit_json({"version": 1, "dry_run": options["dry_run"], **result})
        return
    would = "would send" if options["dry_run"] else "sent"
    output.result(f"{would} the order {letter.operation} for {letter.email} to AFT's queue again")
    if not options["dry_run"]:
        output.message("AFT takes one order every five minutes: 'aftgen status NAME --watch' follows it.")


def _rerun(ctx: click.Context, evidence: "Evidence", options: Options) -> None:
    from aftgen.cli import rerun

    ctx.invoke(
        rerun.command,
        names=(evidence.subject.id,),
        dry_run=options["dry_run"],
        as_json=options["as_json"],
    )


def _propose(repository: "Repository", evidence: "Evidence", step: "Step", options: Options) -> None:
    """The removal or the return of the request, as files here or as a pull request."""
    from aftgen.cli.edits import finish
    from aftgen.diagnosis.retrying import Step
    from aftgen.editing.wanted import Difference
    from aftgen.git import Git
    from aftgen.pull_request import Proposal

    git = Git(repository.root)
    label, change = _change(repository, git, evidence, step)
    number = 1 if step is Step.REMOVE else 2
    shown = evidence.subject.shown
    branch = f"retry/{label}-{number}"
    if options["as_pull_request"]:
        _refuse_open(git, branch)
    before, after = (shown, None) if step is Step.REMOVE else (None, shown)
    more: dict[str, Any] = {"request": shown, "step": "remove" if step is Step.REMOVE else "add"}
    finish(
        repository,
        change,
        [Difference("request", before, after)],
        Proposal(
            branch=branch,
            title=f"Retry account {shown}, step {number} of 2: {step.value.partition(' (')[0]}",
            summary=_summary(step, shown),
        ),
        options,
        more,
    )
    if not options["quiet"] and not options["as_json"]:
        allow = f" --allow-removal {shown}" if step is Step.REMOVE else ""
        output.message(f"\nWhen it is merged: 'aftgen publish{allow}'" + _then(step, shown))


def _then(step: "Step", shown: str) -> str:
    from aftgen.diagnosis.retrying import Step

    if step is Step.REMOVE:
        return f", then 'aftgen retry {shown} --pr' for step 2."
    correct = "It is the same request as before: what was wrong with it must be corrected before."
    return f", then 'aftgen status {shown} --watch'.\n{correct}"


def _summary(step: "Step", shown: str) -> str:
    from aftgen.diagnosis.retrying import Step

    if step is Step.REMOVE:
        return (
            f"- request: - {shown}\n\nAFT does not retry a failed new request when it is changed. It is "
            "removed here and added again, unchanged, by the next pull request. There is no account of it."
        )
    return (
        f"- request: + {shown}\n\nThe same request as before, byte for byte, so that AFT orders it anew. "
        "What was wrong with it must be corrected before this is merged."
    )


def _change(
    repository: "Repository", git: "Git", evidence: "Evidence", step: "Step"
) -> "tuple[str, list[FileChange]]":
    from aftgen.diagnosis import restoring
    from aftgen.diagnosis.retrying import Step
    from aftgen.editing import retire
    from aftgen.reader.folder import read

    if step is Step.ADD:
        restored = restoring.find(git, repository, _names(evidence))
        return restored.request.label, [restored.change]
    folder = read(repository)
    request = restoring.named(folder, _names(evidence))
    assert request is not None
    # The evidence says that there is no account, so that there is no access to take away first.
    retired = retire.retire(repository, folder, request, retire.Step.REMOVE, None, lambda: None)
    return request.label, list(retired.edited.changes)


def _refuse_open(git: "Git", branch: str) -> None:
    """A branch of this step that is there already has its pull request."""
    from aftgen.errors import Refused
    from aftgen.pull_request import remote_of

    remote = remote_of(git)
    listed = git.run("ls-remote", "--heads", remote.name, f"refs/heads/{branch}", check=False)
    if listed.returncode == 0 and listed.stdout.strip():
        raise Refused(
            f"the branch {branch} of this step is there already: it is not opened twice",
            hint="merge its pull request and publish, or delete the branch, and run this again",
        )

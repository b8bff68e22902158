"""``aftgen rules``: explain the rules that ``aftgen check`` applies."""

import click


@click.command("rules", epilog="Example: aftgen rules E001")
@click.argument("rule_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the whole of docs/rules.md.")
def command(rule_id: str | None, as_json: bool, as_markdown: bool) -> None:
    """List the rules of 'aftgen check', or explain one of them.

    ID is a rule's id (E001) or its name (duplicate-email).
    """
    from aftgen.checks import explain
    from aftgen.checks.registry import RULES
    from aftgen.cli import output
    from aftgen.errors import UsageError, nearest

    if as_json and as_markdown:
        raise UsageError("--json and --markdown cannot be had at once")
    rules = RULES
    if rule_id is not None:
        if as_markdown:
            raise UsageError("--markdown prints all rules", hint="leave the ID out")
        rules = tuple(rule for rule in RULES if rule.id == rule_id.upper() or rule.name == rule_id.lower())
        if not rules:
            known = [name for rule in RULES for name in (rule.id, rule.name)]
            close = nearest(rule_id, known)
            hint = f"did you mean {close}? " if close else ""
            raise UsageError(f"there is no rule {rule_id!r}", hint=f"{hint}'aftgen rules' lists them")
    if as_json:
        output.emit_json(explain.document(rules))
    elif as_markdown:
        click.echo(explain.markdown(), nl=False)
    elif rule_id is None:
        rows = [(rule.id, rule.severity.value, rule.name, rule.title) for rule in RULES]
        output.table(("ID", "SEVERITY", "NAME", "WHAT IT FINDS"), rows)
    else:
        _explain(rules[0].id)


def _explain(rule_id: str) -> None:
    import textwrap

    from aftgen.checks.explain import example
    from aftgen.checks.registry import BY_ID
    from aftgen.cli import output

    rule = BY_ID[rule_id]
    output.result(click.style(f"{rule.id} {rule.name}", bold=True) + f" ({rule.severity.value})")
    output.result(textwrap.fill(f"{rule.title}.", 80))
    output.result()
    output.result(textwrap.fill(rule.why, 80, break_long_words=False, break_on_hyphens=False))
    output.result()
    output.result(
        textwrap.fill(f"To fix it: {rule.fix}.", 80, break_long_words=False, break_on_hyphens=False)
    )
    for what, text in (("bad", rule.bad), ("good", rule.good)):
        if text:
            output.result()
            output.result(click.style(f"{what}:", fg="red" if what == "bad" else "green", bold=True))
            output.result(textwrap.indent(example(text), "    "))

"""F001: something among the requests cannot be read at all."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class Unreadable(Rule):
    id = "F001"
    name = "unreadable-file"
    title = "A file among the requests cannot be read"
    why = "Nobody can say what AFT would make of it: the requests in it, if there are any, are not checked."
    fix = "remove it from the folder, or make it a file that can be read"
    bad = "# --- account-requests/terraform/folder.tf/notes.txt\nnot a request\n"
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for unreadable in context.folder.unreadable:
            yield self.about_file(unreadable.path, unreadable.why)

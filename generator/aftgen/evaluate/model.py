"""What an evaluation gives back."""

from dataclasses import dataclass

from aftgen.reader.model import RequestFolder, Span


@dataclass(frozen=True, slots=True)
class EvaluationProblem:
    """Terraform refuses something: its own words, the place in the repository, and the module address there.

    ``span`` is None where Terraform names no place in the repository; ``address`` is empty outside a module
    block.
    """

    message: str
    span: Span | None
    address: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``folder`` with its requests evaluated as far as Terraform could.

    ``ran`` says whether Terraform was run at all, and ``reason`` why it was not, or why it was stopped.
    """

    folder: RequestFolder
    problems: tuple[EvaluationProblem, ...]
    ran: bool
    reason: str

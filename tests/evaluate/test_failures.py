"""What Terraform refuses is named with its place, and does not hide the other requests."""

from pathlib import Path

import pytest
from aftgen.evaluate import Evaluation, EvaluationProblem, evaluate
from aftgen.reader.folder import read
from aftgen.reader.model import EvaluatedBy
from aftgen.repository import Repository
from evaluate.real_terraform import MODULE, MODULE_PATH, write
from evaluate.shapes import request

_HONEST = request("honest", 'lower("A")')


def _evaluate(root: Path, *, timeout: float = 60.0, **files: str) -> Evaluation:
    module = {f"{MODULE_PATH}/{name}": text for name, text in MODULE.items()}
    write(
        root / "terraform", {**module, **{name.replace("_tf", ".tf"): text for name, text in files.items()}}
    )
    repository = Repository(root=root, requests=root / "terraform")
    return evaluate(repository, read(repository), timeout=timeout)


def _where(problem: EvaluationProblem) -> tuple[str, int, str]:
    assert problem.span is not None
    source = problem.span.file.source
    return (
        source.path,
        source.position(problem.span.start).line,
        source.text(problem.span.start, problem.span.end),
    )


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("bad", "address", "line", "text", "summary"),
    [
        (
            request("bad", "each.value.nope", 'for_each = toset(["x"])'),
            "module.bad",
            4,
            ".nope",
            "Unsupported attribute",
        ),
        (
            request("bad", 'upper("x")', 'account_tags = { a = "x", b = ["y"] }'),
            "module.bad",
            15,
            '{ a = "x", b = ["y"] }',
            "Invalid value for input variable",
        ),
        (
            request("bad", 'upper("x")', "nonsense = 1"),
            "module.bad",
            15,
            "nonsense",
            "Unsupported argument",
        ),
        (
            'locals {\n  broken = tonumber("x")\n}\n' + request("bad", '"${local.broken}"'),
            "",
            2,
            "x",
            "Invalid function argument",
        ),
        (
            request("bad", "each.key", "for_each = [1]"),
            "module.bad",
            15,
            "[1]",
            "Invalid for_each argument",
        ),
    ],
)
def test_an_error_has_its_place(
    bad: str, address: str, line: int, text: str, summary: str, tmp_path: Path
) -> None:
    evaluation = _evaluate(tmp_path, a_tf=bad, b_tf=_HONEST)
    (problem,) = evaluation.problems
    assert (problem.message.split(":")[0], problem.address) == (summary, address)
    assert _where(problem) == ("terraform/a.tf", line, text)
    found = {request.address: request for request in evaluation.folder.requests}
    assert found["module.bad"].evaluated_by is EvaluatedBy.NOTHING
    assert found["module.bad"].reason == f"an error: {summary}"
    assert found["module.honest"].email == "a"
    assert (evaluation.ran, evaluation.reason) == (True, "")


@pytest.mark.terraform
def test_errors_of_several_requests_are_all_named(tmp_path: Path) -> None:
    bad = "".join(request(f"bad{i}", f'tonumber("x{i}")') for i in range(3))
    evaluation = _evaluate(tmp_path, a_tf=bad, b_tf=_HONEST)
    assert sorted(problem.address for problem in evaluation.problems) == [
        "module.bad0",
        "module.bad1",
        "module.bad2",
    ]
    assert [found.email for found in evaluation.folder.requests][-1] == "a"


@pytest.mark.terraform
def test_an_error_without_a_place_is_traced_to_its_request(tmp_path: Path) -> None:
    evaluation = _evaluate(
        tmp_path,
        a_tf="locals {\n  a = upper(local.b)\n  b = lower(local.a)\n}\n" + request("bad", "local.a"),
        b_tf=_HONEST,
    )
    (problem,) = evaluation.problems
    assert problem.address == "module.bad"
    assert problem.message.startswith("Cycle: local.")
    assert [found.email for found in evaluation.folder.requests][-1] == "a"


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (request("x", "data.aws_x.y.id"), "data.aws_x.y"),
        (request("x", "aws_vpc.main.id"), "aws_vpc.main.id"),
        ("locals {\n  d = data.a.b.c\n  e = local.d\n}\n" + request("x", "upper(local.e)"), "data.a.b"),
        (request("x", "module.other.id"), "module.other, which is not put into the sandbox"),
        (request("x", 'provider::aws::arn_parse("x")'), "provider::aws::arn_parse()"),
        (request("x", "plantimestamp()"), "plantimestamp()"),
        (request("x", 'abspath("x")'), "abspath()"),
        (request("x", "path.cwd"), "path.cwd"),
        (request("x", "timestamp()"), "a value that is only known when it is applied"),
        (request("x", 'sensitive("x")'), "a sensitive value"),
        (request("x", "var.none"), "var.none, which is not defined"),
        ('variable "v" {}\n' + request("x", "var.v"), "var.v, which has no value in the repository"),
        (request("x", "local.none"), "local.none, which is not defined"),
        (request("x y", 'lower("x")'), "the label 'x y', which is no Terraform identifier"),
        (request("x", 'lower("x")') * 2, "module.x, which is defined 2 times"),
        (
            request("x", "file(local.p)") + 'locals {\n  p = join("", ["a"])\n}\n',
            "file() of a file path that is only known at run time",
        ),
        (request("x", 'file("../../up")'), "file() of a path that leads out of the repository"),
        (request("x", 'file("../.env")'), "file() of .env, a hidden file"),
        (request("x", 'file("main.tf")'), "file() of terraform/main.tf, which is Terraform code itself"),
        (request("x", '[for each in ["a"] : each][0]'), "a loop that calls its variable 'each'"),
    ],
)
def test_what_is_not_evaluated_says_why(text: str, reason: str, tmp_path: Path) -> None:
    evaluation = _evaluate(tmp_path, main_tf=text, other_tf=_HONEST)
    *refused, honest = evaluation.folder.requests
    assert {(found.evaluated_by, found.reason) for found in refused} == {(EvaluatedBy.NOTHING, reason)}
    assert evaluation.problems == ()
    assert honest.email == "a"


@pytest.mark.terraform
def test_values_beside_an_unknown_one_are_known(tmp_path: Path) -> None:
    evaluation = _evaluate(
        tmp_path, a_tf=request("x", 'lower("A")', 'account_tags = { a = timestamp(), b = upper("b") }')
    )
    (found,) = evaluation.folder.requests
    assert (found.email, found.value("account_tags", "b")) == ("a", "B")
    assert found.unknown is not None


@pytest.mark.terraform
def test_a_broken_file_stops_only_what_needs_it(tmp_path: Path) -> None:
    evaluation = _evaluate(
        tmp_path, a_tf='locals {\n  a = "x"\n  b = \n}\n', b_tf=request("x", "upper(local.a)"), c_tf=_HONEST
    )
    dependent, honest = evaluation.folder.requests
    assert dependent.reason == "terraform/a.tf, which Terraform cannot read"
    assert honest.email == "a"


@pytest.mark.terraform
def test_data_sources_in_the_request_module_do_not_matter(tmp_path: Path) -> None:
    more = (
        'data "aws_caller_identity" "me" {}\nprovider "aws" {}\nterraform {\n'
        '  required_providers {\n    x = { source = "a/b" }\n  }\n}\n'
    )
    evaluation = _evaluate(tmp_path, a_tf=_HONEST, **{f"{MODULE_PATH}/more_tf": more})
    assert [found.email for found in evaluation.folder.requests] == ["a"]


@pytest.mark.terraform
def test_the_repositorys_own_validations_count(tmp_path: Path) -> None:
    text = MODULE["variables.tf"].replace(
        'variable "account_customizations_name" {\n',
        'variable "account_customizations_name" {\n  validation {\n'
        '    condition = var.account_customizations_name != "bad"\n'
        '    error_message = "Not that one."\n  }\n',
    )
    root = tmp_path
    write(root / "terraform", {f"{MODULE_PATH}/variables.tf": text})
    write(
        root / "terraform",
        {"a.tf": request("x", 'lower("A")', 'account_customizations_name = "bad"') + _HONEST},
    )
    repository = Repository(root=root, requests=root / "terraform")
    evaluation = evaluate(repository, read(repository))
    (problem,) = evaluation.problems
    assert problem.address == "module.x"
    assert problem.message.startswith("Invalid value for variable: Not that one.")
    assert [found.email for found in evaluation.folder.requests if found.label == "honest"] == ["a"]


def test_without_terraform_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    evaluation = _evaluate(tmp_path, a_tf=_HONEST)
    assert (evaluation.ran, evaluation.reason, evaluation.problems) == (False, "terraform is not on PATH", ())
    assert [found.evaluated_by for found in evaluation.folder.requests] == [EvaluatedBy.NOTHING]


@pytest.mark.terraform
def test_nothing_unknown_runs_nothing(tmp_path: Path) -> None:
    evaluation = _evaluate(tmp_path, a_tf=request("x", '"a@example.com"'))
    assert (evaluation.ran, evaluation.reason) == (False, "")


@pytest.mark.terraform
def test_a_module_called_twice_is_judged_for_each_call(tmp_path: Path) -> None:
    """``a`` gives something that is not known: what depends on it there is not evaluated, the rest is."""
    inner = f"../{MODULE_PATH}"
    evaluation = _evaluate(
        tmp_path,
        a_tf=(
            'module "a" {\n  source = "./team"\n  p = data.x.y.z\n'
            '}\nmodule "b" {\n  source = "./team"\n  p = "B"\n}\n'
        ),
        **{"team/main_tf": 'variable "p" {}\n' + request("x", "lower(var.p)", source=inner)},
    )
    assert {found.address: (found.email, found.reason) for found in evaluation.folder.requests} == {
        "module.a.module.x": (None, "data.x.y"),
        "module.b.module.x": ("b", ""),
    }
    assert evaluation.problems == ()


@pytest.mark.terraform
def test_a_call_that_cannot_be_evaluated_whole_does_not_stop_another(tmp_path: Path) -> None:
    inner = f"../{MODULE_PATH}"
    evaluation = _evaluate(
        tmp_path,
        a_tf=(
            'module "a" {\n  source = "./team"\n  p = data.x.y.z\n'
            '}\nmodule "b" {\n  source = "./team"\n  p = "B"\n}\n'
        ),
        **{
            "team/main_tf": 'variable "p" {}\n'
            + request("x", "lower(var.p)", source=inner)
            + request("y", 'lower("Y")', source=inner)
        },
    )
    assert {found.address: (found.email, found.reason) for found in evaluation.folder.requests} == {
        "module.a.module.x": (None, "data.x.y"),
        "module.a.module.y": (None, "data.x.y"),
        "module.b.module.x": ("b", ""),
        "module.b.module.y": ("y", ""),
    }
    assert evaluation.problems == ()

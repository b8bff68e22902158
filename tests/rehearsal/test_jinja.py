"""AFT's templates, rendered as jinja2-cli renders them."""

from pathlib import Path

import pytest
from aftgen.errors import Refused
from aftgen.rehearsal.jinja import render, render_folder


def template(folder: Path, text: str, name: str = "backend.jinja") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_variables_are_filled_in_and_the_last_line_keeps_its_end(tmp_path: Path) -> None:
    rendered = render(template(tmp_path, "{% if a == 'x' %}{{ b }}{% endif %}\n"), {"a": "x", "b": "<&>"})
    assert (rendered.text, rendered.undefined) == ("<&>\n", ())


def test_an_undefined_name_is_empty_and_named(tmp_path: Path) -> None:
    rendered = render(template(tmp_path, "[{{ nothing }}{% if other %}x{% endif %}]"), {})
    assert (rendered.text, rendered.undefined) == ("[]", ("nothing", "other"))


def test_the_extensions_of_jinja2_cli_are_there(tmp_path: Path) -> None:
    text = (
        "{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}{% do [].append(1) %}"
    )
    assert render(template(tmp_path, text), {}).text == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ a", "jinja2: unexpected end of template, expected 'end of print statement'."),
        ("{% include 'gone' %}", "jinja2: TemplateNotFound: gone"),
        ("{{ 1 / 0 }}", "jinja2: ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_rendered_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Refused) as raised:
        render(template(tmp_path, text), {})
    assert raised.value.message.startswith(message.rstrip("."))
    assert (raised.value.place or "").startswith("backend.jinja")


def test_templates_of_a_pull_request_reach_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    assert render(template(tmp_path, "{{ environ('SECRET') }}"), {}).text == "None"
    with pytest.raises(Refused, match="SecurityError"):
        render(template(tmp_path, "{{ ''.__class__.__mro__ }}"), {})


def test_a_folder_is_rendered_by_appending(tmp_path: Path) -> None:
    template(tmp_path, "rendered {{ x }}\n")
    template(tmp_path, "{{ y }}", "other.jinja")
    (tmp_path / "backend.tf").write_text("committed\n")
    remarks = render_folder(tmp_path, {"x": "1"})
    assert (tmp_path / "backend.tf").read_text() == "committed\nrendered 1\n"
    assert (tmp_path / "other.tf").read_text() == ""
    assert remarks == ("other.jinja uses y, which AFT does not define: empty text",)

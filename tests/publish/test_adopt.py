"""docs/adopt.md is true: its commands exist, its links lead somewhere, its names are those of the files."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from aftgen.cli.main import aftgen
from aftgen.config import Publish
from aftgen.publish import settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/adopt.md").read_text()
WORKFLOWS = "".join(path.read_text() for path in sorted((ROOT / ".github/workflows").glob("*.yml")))


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if line]


@pytest.mark.parametrize("line", commands())
def test_a_command_exists_and_takes_its_options(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "aftgen"
    command: click.Command = aftgen
    context = click.Context(aftgen, info_name="aftgen")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    if words == ["--help"]:
        return
    command.make_context(command.name, words, parent=context).close()


def test_the_commands_that_stand_in_a_line() -> None:
    for line in re.findall(r"`aftgen ([^`…]+)`", TEXT):
        name = line.split()[0]
        assert aftgen.get_command(click.Context(aftgen), name) is not None, name


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_a_link_leads_somewhere(link: str) -> None:
    path, _, anchor = link.partition("#")
    if path:
        assert (ROOT / "docs" / path).exists()
    else:
        headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
        assert anchor in [
            re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings
        ]


def test_every_setting_of_the_workflows_is_named() -> None:
    settings_ = set(re.findall(r"(?:vars|secrets)\.(\w+)", WORKFLOWS))
    environments = set(re.findall(r"environment: ([\w-]+)", WORKFLOWS))
    assert settings_ == {
        "AFTGEN_DEPLOY_KEY",
        "AFTGEN_DRIFT_ROLE",
        "AFTGEN_HOME_REGION",
        "AFTGEN_PUBLISH_ROLE",
        "AFTGEN_PUBLISH_SECONDS",
    }
    assert environments == {"aft-publish", "aft-drift"}
    for name in settings_ | environments:
        assert f"`{name}`" in TEXT, name


def test_the_variables_of_afts_module_are_those_that_are_printed() -> None:
    for name in settings.NAMES:
        for end in ("repo_name", "repo_branch"):
            assert f"`{name.replace('-', '_')}_{end}`" in TEXT


def test_the_four_repositories_are_a_configuration() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    found = settings.targets(Publish.model_validate(yaml.safe_load(block)["publish"]))
    assert [(one.name, one.remote.rpartition("/")[2], one.branch) for one in found] == [
        (name, f"aft-{name}", "main") for name in settings.NAMES
    ]


def test_the_words_of_a_refusal_are_the_programs() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "generator/aftgen/publish").glob("*.py"))
    joined = re.sub(r'"\s+f?"', "", sources)
    for words in re.findall(r"^\| \*(.+?)\* \|", TEXT, re.MULTILINE):
        assert words in joined, words

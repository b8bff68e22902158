"""organization.yaml filled from the live tree: every other byte stays."""

import pytest
from aftgen.adoption.units import Filled, fill, shown
from aftgen.errors import Refused

LIVE = {
    "Sandbox": "ou-ab12-sandbox01",
    "Workloads": "ou-ab12-workload1",
    "Workloads/Prod": "ou-ab12-workprod1",
}
FILE = """\
# The registry.
organizational_units:
  Sandbox: ou-ab12-sandbox01  # where people try things

  Workloads: ou-ab12-workload1

# The end.
"""


def filled(text: str | None, live: dict[str, str] = LIVE) -> Filled:
    return fill(text, live, "organization.yaml")


def test_what_is_missing_is_added_after_the_last_one() -> None:
    found = filled(FILE)
    assert found.text == FILE.replace("workload1\n", "workload1\n  Workloads/Prod: ou-ab12-workprod1\n")
    assert (found.added, found.changed, found.remarks) == ({"Workloads/Prod": "ou-ab12-workprod1"}, {}, ())
    assert list(shown(found)) == ["added      Workloads/Prod: ou-ab12-workprod1"]


def test_the_second_time_nothing_is_left_to_do() -> None:
    again = filled(filled(FILE).text)
    assert (again.text, again.added, again.changed) == (filled(FILE).text, {}, {})


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "# no line end"])
def test_no_file_or_none_to_speak_of(text: str | None) -> None:
    found = filled(text)
    head, _, body = found.text.partition("organizational_units:\n")
    assert body == "".join(f"  {path}: {unit}\n" for path, unit in LIVE.items())
    assert head.startswith(text or "# yaml-language-server: $schema=../schemas/organization.schema.json\n")
    assert found.added == LIVE
    assert filled(found.text).added == {}


@pytest.mark.parametrize("end", [":\n", ": {}\n", ": {}"])
def test_an_empty_registry(end: str) -> None:
    assert filled(f"organizational_units{end}").text == "organizational_units:\n" + "".join(
        f"  {path}: {unit}\n" for path, unit in LIVE.items()
    )


def test_an_id_that_nobody_has_gives_way_to_the_real_one() -> None:
    found = filled("organizational_units:\n    Sandbox: 'ou-xx99-example1' # an example\n")
    assert found.text.splitlines() == [
        "organizational_units:",
        "    Sandbox: 'ou-ab12-sandbox01' # an example",
        "    Workloads: ou-ab12-workload1",
        "    Workloads/Prod: ou-ab12-workprod1",
    ]
    assert found.changed == {"Sandbox": "ou-ab12-sandbox01"}
    assert "changed    Sandbox: ou-ab12-sandbox01" in list(shown(found))


def test_what_was_renamed_or_is_gone_is_said_and_left() -> None:
    text = (
        "organizational_units:\n  Root: r-ab12\n  Playground: ou-ab12-sandbox01\n"
        "  Gone: ou-ab12-gone00001\n  Workloads/Prod: ou-ab12-workload1\n"
    )
    found = filled(text)
    assert (found.text, found.added, found.changed) == (text, {}, {})
    assert found.remarks == (
        "ou-ab12-sandbox01 stands as 'Playground' and is 'Sandbox' by now: rename it, and what names it",
        "ou-ab12-workload1 stands as 'Workloads/Prod' and is 'Workloads' by now: rename it, and what names "
        "it",
        "'Workloads/Prod' stands with ou-ab12-workload1, which is 'Workloads' by now",
        "'Gone' (ou-ab12-gone00001) is not in the organization: remove it, and what names it",
    )


@pytest.mark.parametrize(
    "name", ["yes", "123", "Größe", "a: b", "#1", "R&D", "Null", 'say "hi"', "- x", " lead"]
)
def test_names_that_yaml_would_take_for_something_else(name: str) -> None:
    found = filled(FILE, {**LIVE, name: "ou-ab12-strange01"})
    assert filled(found.text, {**LIVE, name: "ou-ab12-strange01"}).added == {}


@pytest.mark.parametrize(
    "text",
    [
        "organizational_units: {Sandbox: ou-ab12-sandbox01}\n",
        "{organizational_units: {Sandbox: ou-ab12-sandbox01}}\n",
    ],
)
def test_a_form_that_cannot_be_added_to_is_refused_with_what_it_needs(text: str) -> None:
    with pytest.raises(Refused) as raised:
        filled(text)
    assert raised.value.message.splitlines() == [
        "this file cannot be added to as it is; nothing was written; it needs:",
        "  Workloads: ou-ab12-workload1",
        "  Workloads/Prod: ou-ab12-workprod1",
    ]


@pytest.mark.parametrize(
    "text", ["- a\n", "organizational_units: [a]\n", "text\n", "organizational_units: text\n"]
)
def test_something_else(text: str) -> None:
    with pytest.raises(Refused) as raised:
        filled(text)
    assert raised.value.message == "this is not a mapping with organizational_units"


def test_no_yaml() -> None:
    with pytest.raises(Refused) as raised:
        filled("organizational_units:\n  a: *b\n")
    assert raised.value.place == "organization.yaml:2:6"

"""Any sequence of edits of any file of the corpus leaves the row that a model of the request predicts."""

import json
import tempfile
from pathlib import Path

from aft_access.contract import AccessDeclaration, Grant, Principal
from aftgen.editing.edit import edit
from aftgen.editing.wanted import Wanted, declaration_of
from aftgen.errors import Refused
from aftgen.limits import normalise
from aftgen.reader.model import CHANGE_MANAGEMENT, CONTROL_TOWER, CUSTOM_FIELDS, TAGS
from aftgen.request_row import RequestRow
from editing.edits_of_corpus import FILES, work
from hypothesis import assume, given, settings
from hypothesis import strategies as st

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=12)
keys = st.one_of(st.sampled_from(["env", "team", "a b", "x.y", "for", "1", "ü", '"', "${"]), texts)
principals = st.sampled_from(["group:ops", "user:ada@example.com", "group:auditors", "group:a b", "user:é"])
permission_sets = st.sampled_from(["AdministratorAccess", "ViewOnlyAccess", "Read+Only", "X-1"])


@st.composite
def declarations(draw: st.DrawFn) -> AccessDeclaration:
    pairs = draw(st.lists(st.tuples(permission_sets, principals), max_size=5))
    grants = [Grant(permission_set=name, principal=Principal.parse(text)) for name, text in pairs]
    return AccessDeclaration(grants=tuple(grants), retired=draw(st.booleans()))


edits = st.one_of(
    st.builds(lambda v: Wanted(entries={CONTROL_TOWER: {"ManagedOrganizationalUnit": v}}), texts),
    st.builds(lambda v: Wanted(entries={CHANGE_MANAGEMENT: {"change_reason": v}}), texts),
    st.builds(lambda k, v: Wanted(entries={TAGS: {k: v}}), keys, st.none() | texts),
    st.builds(lambda k, v: Wanted(entries={CUSTOM_FIELDS: {k: v}}), keys, st.none() | texts),
    st.builds(lambda v: Wanted(customization=v), texts),
    st.builds(lambda v: Wanted(access=v), declarations()),
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.lists(edits, min_size=1, max_size=5))
def test_the_row_is_what_a_model_predicts(name: str, wanted: list[Wanted]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        content, done = FILES[name], 0
        for one in wanted:
            at = work(Path(scratch), content)
            before = RequestRow.of(at.request)
            tags, fields = json.loads(before.account_tags), json.loads(before.custom_fields)
            if not all(isinstance(value, str) for value in (*tags.values(), *fields.values())):
                break
            model = {TAGS: tags, CUSTOM_FIELDS: fields}
            gone = [
                (argument, key)
                for argument, entries in one.entries.items()
                for key, value in entries.items()
                if value is None and normalise(key) not in model.get(argument, {})
            ]
            if gone:
                continue
            try:
                edited = edit(at.repository, at.folder, at.request, _normalised(one))
            except Refused:
                continue
            done += 1
            assert edited.after is not None
            if edited.changes:
                content = edited.changes[0].after or b""
            after = RequestRow.of(work(Path(scratch), content).request)
            for argument, entries in _normalised(one).entries.items():
                for key, value in entries.items():
                    if argument in model and value is None:
                        del model[argument][key]
                    elif argument in model:
                        model[argument][key] = value
            now = json.loads(after.custom_fields)
            if one.access is not None:
                assert declaration_of(edited.after) == one.access
                model[CUSTOM_FIELDS]["access"] = now["access"]
            assert json.loads(after.account_tags) == model[TAGS]
            assert now == model[CUSTOM_FIELDS]
            parameters = {
                **before.control_tower_parameters,
                **_normalised(one).entries.get(CONTROL_TOWER, {}),
            }
            assert after.control_tower_parameters == parameters
            change = {
                **before.change_management_parameters,
                **_normalised(one).entries.get(CHANGE_MANAGEMENT, {}),
            }
            assert after.change_management_parameters == change
            wanted_customization = one.customization
            if wanted_customization is None:
                wanted_customization = before.account_customizations_name
            assert after.account_customizations_name == wanted_customization
        assume(done)


def _normalised(wanted: Wanted) -> Wanted:
    """As the command line gives it: in NFC, as Terraform keeps text."""
    return Wanted(
        entries={
            argument: {
                normalise(key): None if value is None else normalise(value) for key, value in entries.items()
            }
            for argument, entries in wanted.entries.items()
        },
        access=wanted.access,
        customization=None if wanted.customization is None else normalise(wanted.customization),
    )

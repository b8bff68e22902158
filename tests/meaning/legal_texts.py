"""Hypothesis strategies for account requests: every field with any text that it may legally hold."""

import unicodedata

from aft_access.contract import AccessDeclaration, Grant, Principal, dump
from aft_access.names import is_identifier, unfit
from aftgen import limits
from aftgen.request import ACCESS_FIELD, AccountRequest
from hypothesis import strategies as st

#: What goes wrong in generators: quotes, escapes, interpolation in all its spellings, values of other types.
NASTY = (
    "\"", "\\", "${", "%{", "$${", "$$${", "%%{", "$", "$$", "%", "}", "{", "${\"", "\"}",
    "${a}", "%{if true}x%{endif}", "\\${", "\\\\", "\\\"", "\\n", "\\u0041", "~}", "${~", "#",
    "//", "/*", "*/", "<<EOT", "EOT", "'", "`", "true", "false", "null", "007", "0x1F", "1e3",
    "1.50", "for", "each.key", "x\" y = \"z", "é", "ß", "日本", "😀", "👩\u200d👩\u200d👧", "🇩🇪",
    "नि", "क्त", "각", "שלום", "مرحبا", "\u202e", "\u2066", "\u200d", "\ufeff", "\u00ad", "ạ̇",
    "e" + "\u0316" * 30, "\u2028", "\ue000", "\U0010fffd", "<&>",
)  # fmt: skip
LINES = ("\n", "\r\n", "\r", "\t", "\n\n", "\nEOT\n")

_characters = st.characters(exclude_categories=("Cs", "Cc", "Cn"))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def texts(*extra: str, min_size: int = 0, pieces: int = 8) -> st.SearchStrategy[str]:
    """Any text of whole characters without control characters, plus what is named."""
    piece = st.sampled_from(NASTY + extra) | st.text(_characters, max_size=6)
    return (
        st.lists(piece, min_size=min_size, max_size=pieces)
        .map("".join)
        .map(_nfc)
        .filter(lambda text: len(text) >= min_size and not limits.combining_problems(text))
    )


def _long_texts(limit: int) -> st.SearchStrategy[str]:
    """Texts that fill ``limit`` bytes exactly, or as nearly as their last character allows."""
    return texts(*LINES, min_size=1).map(lambda text: _filled(text, limit))


def _filled(text: str, limit: int) -> str:
    data = (text * (limit // len(text.encode()) + 1)).encode()[:limit]
    return _nfc(data.decode("utf-8", "ignore"))


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,49}", fullmatch=True).filter(
    lambda name: not limits.account_name_problems(name)
)
emails = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-z0-9!#$*+/=?^_`{}~-][a-z0-9.!#$*+/=?^_`{}~-]{0,40}", fullmatch=True)
    | st.sampled_from(["a${b}", "$${x}", "a{b}", "aws+x"]),
    st.sampled_from(["example.com", "a-b.example.co", "1.xy"]),
).filter(lambda email: not limits.email_problems(email))
ous = (
    texts(min_size=1)
    | st.builds(
        "{} ({})".format, texts(min_size=1), st.sampled_from(["ou-ab12-cdefgh12", "ou-0000-00000000"])
    )
).filter(lambda ou: not limits.ou_problems(ou))
sso_emails = st.builds("{}@{}.{}".format, texts(min_size=1), texts(min_size=1), texts(min_size=1)).filter(
    lambda email: not limits.sso_email_problems(email)
)
_tag_character = (
    st.characters(categories=("L", "Z", "N"))
    | st.sampled_from("_.:/=+-@ ")
    | st.deferred(lambda: st.sampled_from(_JOINING))
)
#: Letters that are part of the cluster before or after them.
_JOINING = "\u0d4e\u0e33\u0eb3\uff9e\U000111c2\U0001193f\u1100\u1161\u11a8"
_tag_text = st.text(_tag_character, max_size=20).map(_nfc) | st.sampled_from(
    ["true", "null", "007", "for", "false", "__comments__", "__is_block__"]
)
tag_keys = _tag_text.filter(bool) | st.text(_tag_character, min_size=100, max_size=128).map(_nfc)
tags = st.dictionaries(tag_keys, _tag_text, max_size=6).filter(
    lambda tags: not any(limits.tag_problems(key, value) for key, value in tags.items())
)
_field_names = st.from_regex(
    r"[A-Za-z0-9_.-]{1,12}(/[A-Za-z0-9_.-]{1,12}){0,2}", fullmatch=True
) | st.sampled_from(
    ["true", "for", "null", "in", "if", "007", "source", "a-b", "__comments__", "__is_block__"]
)
_field_values = (texts(*LINES, min_size=1) | _long_texts(limits.CUSTOM_FIELD_VALUE_MAX_BYTES)).filter(
    lambda value: not limits.custom_field_value_problems(value)
)
custom_fields = st.dictionaries(
    _field_names.filter(lambda name: name != ACCESS_FIELD), _field_values, max_size=4
)
_principal_names = texts(min_size=1, pieces=3).filter(
    lambda name: unfit(name) is None and not is_identifier(name) and len(name) <= 128
)
_grants = st.builds(
    lambda permission_set, kind, name: Grant(
        permission_set=permission_set, principal=Principal(kind=kind, name=name)
    ),
    st.from_regex(r"[A-Za-z0-9_+=,.@-]{1,32}", fullmatch=True).filter(lambda name: not is_identifier(name)),
    st.sampled_from(["group", "user"]),
    _principal_names,
)
declarations = st.builds(
    lambda grants, retired: AccessDeclaration(grants=tuple(grants), retired=retired),
    st.lists(_grants, max_size=6),
    st.booleans(),
).filter(lambda declaration: len(dump(declaration).encode()) <= 4096)
customizations = st.just("") | st.from_regex(
    r"[A-Za-z0-9_-]{1,12}(/[A-Za-z0-9_.-]*[a-z]){0,1}", fullmatch=True
)

requests = st.builds(
    AccountRequest,
    name=names,
    email=emails,
    ou=ous,
    sso_email=sso_emails,
    sso_first_name=texts(min_size=1),
    sso_last_name=texts(min_size=1),
    requested_by=texts(min_size=1),
    reason=texts(*LINES, min_size=1),
    tags=tags,
    custom_fields=custom_fields,
    access=st.none() | declarations,
    customization=customizations,
)

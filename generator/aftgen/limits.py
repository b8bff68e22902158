"""What AWS and AFT accept in each field of an account request, as pure functions.

Every function returns the reasons why a value would fail, in words for the person who wrote it, and an
empty list when it would not. `new` asks before it writes, `check` asks of what is already written: the
limits live here once. AFT itself validates almost none of this; a bad value surfaces after the pull
request was merged, mostly after the account exists.

Sources, unless a docstring names another: Organizations CreateAccount and TagResource, Service Catalog
ProvisionProduct, SSM PutParameter (their API references), and AFT 1.20.1's own code.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

ACCOUNT_NAME_MAX = 50
EMAIL_MIN, EMAIL_MAX = 6, 64
TAGS_MAX = 50
TAG_KEY_MAX, TAG_VALUE_MAX = 128, 256
CUSTOM_FIELD_VALUE_MAX_BYTES = 4096
CUSTOM_FIELD_PREFIX = "/aft/account-request/custom-fields/"
#: SSM counts the whole ARN up to the name's end against 1,011 characters; the longest ARN prefix of a
#: vended account's parameter (partition, region and account id included) takes 60 of them.
PARAMETER_NAME_MAX = 1011 - 60
PARAMETER_LEVELS_MAX = 15
#: One DynamoDB item (developer guide, "Item size").
ITEM_MAX_BYTES = 400 * 1024
#: StartExecution input of the provisioning framework (Step Functions API reference).
STATE_INPUT_MAX_BYTES = 262_144

_ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*\Z")
_EMAIL_LOCAL_FORBIDDEN = re.compile(r"[\s\"'()<>\[\]:;,\\|%&]")
_EMAIL_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_SSO_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+\Z")
_OU_ID = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}\Z")
_OU_NESTED = re.compile(r"(?P<name>.{1,128})\s\((?P<id>ou-.*)\)\Z", re.DOTALL)
_TAG_PUNCTUATION = frozenset("_.:/=+-@")
#: Marks, and the Hangul vowels and finals that join what is before them.
_JOINS_BACKWARD = re.compile(r"[\u1161-\u1175\u11a8-\u11c2]")
_COMBINING_MAX = 30
_PARAMETER_KEY = re.compile(r"[A-Za-z0-9_.\-/]+\Z")
_CUSTOMIZATION = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*\Z")


def normalise(text: str) -> str:
    """Text as Terraform keeps it: every string in NFC (cty normalises strings to NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def provisioned_product_name(account_name: str) -> str:
    """The name Service Catalog gets: AFT's ``account_name.strip().replace(" ", "-")``."""
    return account_name.strip().replace(" ", "-")


def account_name_problems(name: str) -> list[str]:
    """Why Control Tower or Service Catalog would refuse this AccountName."""
    problems = []
    if not name:
        return ["the account name is empty"]
    if len(name) > ACCOUNT_NAME_MAX:
        problems.append(
            f"the account name has {len(name)} characters, Organizations allows {ACCOUNT_NAME_MAX}"
        )
    if name != name.strip():
        problems.append("the account name begins or ends with a space")
    elif not _ACCOUNT_NAME.match(name):
        problems.append(
            "the account name may hold only letters, digits, spaces, '.', '_' and '-', and begins with a "
            "letter or digit (Service Catalog refuses the rest after the merge)"
        )
    return problems


def email_problems(email: str) -> list[str]:
    """Why Organizations would refuse this as an account's root email, or AFT would not find it again."""
    problems = []
    if not EMAIL_MIN <= len(email) <= EMAIL_MAX:
        problems.append(
            f"the email has {len(email)} characters, Organizations allows {EMAIL_MIN} to {EMAIL_MAX}"
        )
    if not email.isascii():
        problems.append("the email holds characters outside ASCII")
    if email.count("@") != 1:
        return [*problems, "an email has exactly one '@'"]
    local, domain = email.split("@")
    if not local:
        problems.append("the email has nothing before '@'")
    elif local.startswith(".") or _EMAIL_LOCAL_FORBIDDEN.search(local) or not local.isprintable():
        problems.append("the part before '@' begins with '.' or holds a space or one of \"'()<>[]:;,\\|%&")
    if "." not in domain or ".." in domain or not _EMAIL_DOMAIN.match(domain):
        problems.append("the part after '@' is not a domain name such as example.com")
    return problems


def sso_email_problems(email: str) -> list[str]:
    """Why the Account Factory product would refuse this SSOUserEmail (its template's AllowedPattern)."""
    return [] if _SSO_EMAIL.match(email) else [f"{email!r} is not an email address"]


def sso_name_problems(name: str) -> list[str]:
    """Why the Account Factory product would refuse this first or last name (AllowedPattern ``.+``)."""
    if not name:
        return ["the name is empty"]
    if any(unicodedata.category(character) == "Cc" for character in name):
        return ["the name holds a line break or another control character"]
    return combining_problems(name)


def free_text_problems(text: str) -> list[str]:
    """Why text that only people read cannot be carried: control characters other than tab and newline."""
    bad = sorted({ord(c) for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r"})
    if bad:
        return [f"the text holds the control character U+{bad[0]:04X}"]
    return combining_problems(text)


def combining_problems(text: str) -> list[str]:
    """Why Terraform would change this text.

    It normalises with Go's x/text, which puts U+034F after every 30 combining characters in a row (UAX #15,
    Stream-Safe Text Format): the text that AFT gets would be another, and longer.
    """
    if text.isascii():
        return []
    run = 0
    for character in unicodedata.normalize("NFD", text):
        joins = unicodedata.category(character)[0] == "M" or _JOINS_BACKWARD.match(character) is not None
        run = run + 1 if joins else 0
        if run > _COMBINING_MAX:
            return [f"the text holds more than {_COMBINING_MAX} combining characters in a row"]
    return []


@dataclass(frozen=True, slots=True)
class OuReference:
    """A ManagedOrganizationalUnit as AFT reads it: a plain name, or a name with an id."""

    name: str
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.id else self.name


def parse_ou(text: str) -> OuReference:
    """Split ``Name (ou-id)`` as AFT does (``.{1,128}\\s\\(ou-.*\\)``); anything else is a plain name."""
    match = _OU_NESTED.match(text)
    if match is None:
        return OuReference(text)
    return OuReference(match["name"], match["id"])


def is_ou_id(text: str) -> bool:
    """Whether text has the form of an OU id (Organizations API reference, OrganizationalUnitId)."""
    return _OU_ID.match(text) is not None


def ou_problems(text: str) -> list[str]:
    """Why Control Tower would not find this ManagedOrganizationalUnit, by its form alone."""
    if not text.strip():
        return ["the organizational unit is empty"]
    if is_ou_id(text):
        return ["a bare OU id is taken for an OU's name: write 'Name (ou-…)'"]
    reference = parse_ou(text)
    if reference.id is None:
        if "(ou-" in text:
            return [
                "AFT wants one space before '(ou-…)' and nothing after it; this is taken for a plain name"
            ]
        if "/" in text:
            return ["AFT does not take OU paths: write the last name with its id, 'Name (ou-…)'"]
        if len(text) > 128:
            return [f"an OU name has at most 128 characters, this has {len(text)}"]
        if text != text.strip():
            return ["the OU name begins or ends with a space"]
        return []
    problems = []
    if not is_ou_id(reference.id):
        problems.append(f"{reference.id!r} is not an OU id (ou-xxxx-xxxxxxxx)")
    if reference.name != reference.name.strip():
        problems.append("there is more than one space before '(ou-…)', or one before the name")
    return problems


def tag_problems(key: str, value: str) -> list[str]:
    """Why Organizations TagResource would refuse this tag; one bad tag makes AFT lose all of them."""
    problems = []
    if not 1 <= len(key) <= TAG_KEY_MAX:
        problems.append(f"a tag key has 1 to {TAG_KEY_MAX} characters, this has {len(key)}")
    if len(value) > TAG_VALUE_MAX:
        problems.append(f"a tag value has at most {TAG_VALUE_MAX} characters, this has {len(value)}")
    if key.lower().startswith("aws:"):
        problems.append("tag keys that begin with 'aws:' belong to AWS")
    for what, text in (("key", key), ("value", value)):
        bad = sorted({c for c in text if not _is_tag_character(c)})
        if bad:
            shown = " ".join(repr(c) for c in bad[:5])
            problems.append(
                f"the tag {what} holds {shown}: letters, digits, spaces and _ . : / = + - @ are allowed"
            )
    return problems


def _is_tag_character(character: str) -> bool:
    # Organizations' TagKey pattern is [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
    return character in _TAG_PUNCTUATION or unicodedata.category(character)[0] in "LZN"


def tags_problems(tags: Mapping[str, object]) -> list[str]:
    """Why the tags as a whole would be refused."""
    if len(tags) > TAGS_MAX:
        return [f"an account has at most {TAGS_MAX} tags, this request has {len(tags)}"]
    return []


def custom_field_key_problems(key: str) -> list[str]:
    """Why SSM would refuse the parameter that AFT names after this custom field."""
    if not key:
        return ["a custom field has no name"]
    problems = []
    if not _PARAMETER_KEY.match(key):
        problems.append("a custom field's name may hold only letters, digits and _ . - /")
    if len(CUSTOM_FIELD_PREFIX + key) > PARAMETER_NAME_MAX:
        problems.append(f"the custom field's name is longer than SSM allows ({len(key)} characters)")
    if key.startswith("/") or key.endswith("/") or "//" in key:
        problems.append("a custom field's name has no '/' at its ends and no '//'")
    elif (CUSTOM_FIELD_PREFIX + key).count("/") > PARAMETER_LEVELS_MAX:
        problems.append(f"SSM allows {PARAMETER_LEVELS_MAX} levels, AFT's own path takes three of them")
    return problems


def custom_field_value_problems(value: str) -> list[str]:
    """Why SSM PutParameter (type String, standard tier) would refuse this value."""
    problems = []
    if value == "":
        problems.append("SSM refuses an empty value: leave the custom field out")
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > CUSTOM_FIELD_VALUE_MAX_BYTES:
        problems.append(
            f"the value has {size:,} bytes, SSM's standard tier takes {CUSTOM_FIELD_VALUE_MAX_BYTES:,}"
        )
    if "{{" in value:
        problems.append("SSM refuses a value that holds '{{' (it reads it as a parameter reference)")
    return problems + free_text_problems(value)


def customization_name_problems(name: str) -> list[str]:
    """Why AFT's pipeline would not enter the folder of this name (``cd $DEFAULT_PATH/$CUSTOMIZATION``)."""
    if name == "":
        return []
    if not _CUSTOMIZATION.match(name):
        return ["a customization's name may hold only letters, digits and _ . - / (AFT uses it unquoted)"]
    if any(part in (".", "..") for part in name.split("/")):
        return ["a customization's name is a folder below account-customizations/, without '.' or '..'"]
    return []

"""Masks what looks like a credential, so that no report repeats it.

AFT prints every request into its build log, so a secret in one is a finding; the finding must not print it
a second time, and neither may another finding about the same line.
"""

import re

#: What a credential looks like: providers' own prefixes, and PEM private keys.
_SECRET = (
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{30,}"
    r"|\bglpat-[A-Za-z0-9_\-]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9\-]{10,}"
    r"|(?i:aws_?secret_?access_?key|secret_?key)[\"']?\s*[=:]\s*\\?[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?)"
)
_TEXT = re.compile(_SECRET)
_BYTES = re.compile(_SECRET.encode())
#: One of these is in every credential above; looking for them first keeps ordinary files cheap.
_HINTS = re.compile(rb"AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|PRIVATE KEY|(?i:secret)")


def redact(text: str) -> str:
    """Text with every credential masked."""
    return _TEXT.sub("[secret]", text)


def secrets_in(data: bytes) -> list[tuple[int, int]]:
    """The extents, in bytes, of what looks like a credential."""
    if _HINTS.search(data) is None:
        return []
    return [match.span() for match in _BYTES.finditer(data)]

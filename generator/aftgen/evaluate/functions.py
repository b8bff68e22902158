"""Which of Terraform's functions the sandbox lets an expression call.

Everything that is not named here is refused, so that a function which a later Terraform adds is not run
before somebody has looked at it. Names as of Terraform 1.11 (``terraform metadata functions``).
"""

import re

_PURE = """
abs alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename bcrypt can
ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat
contains csvdecode dirname distinct element endswith ephemeralasnull flatten floor format formatdate
formatlist indent index issensitive join jsondecode jsonencode keys length list log lookup lower map
matchkeys max md5 merge min nonsensitive one parseint pow range regex regexall replace reverse rsadecrypt
sensitive setintersection setproduct setsubtract setunion sha1 sha256 sha512 signum slice sort split
startswith strcontains strrev substr sum textdecodebase64 textencodebase64 timeadd timecmp timestamp
title tobool tolist tomap tonumber toset tostring transpose trim trimprefix trimspace trimsuffix try
upper urlencode uuid uuidv5 values yamldecode yamlencode zipmap
"""
_READ_FILE = """
file fileexists filebase64 filebase64sha256 filebase64sha512 filemd5 filesha1 filesha256 filesha512
templatefile
"""

#: Their results depend on their arguments and on nothing else; or they are unknown until apply, and shown so.
PURE = frozenset(_PURE.split())
#: Their first argument is the path of a file whose content they read (or test for).
READ_FILE = frozenset(_READ_FILE.split())
FILESET = "fileset"
TEMPLATEFILE = "templatefile"

#: What may stand between a function's name and its parenthesis.
_BETWEEN = rb"(?:\s|/\*.*?\*/|#[^\n]*\n|//[^\n]*\n)*"
_DANGEROUS = re.compile(
    rb"(?<![A-Za-z0-9_-])((?:file|template|path|abs|read|exec|plan|provider)[A-Za-z0-9_:]*)"
    + _BETWEEN
    + rb"\(",
    re.DOTALL,
)


def name_without_namespace(name: str) -> str:
    """A function's plain name: ``core::file`` is ``file``."""
    return name.removeprefix("core::")


#: The data source that Terraform has built in; it reads files and calls servers.
_REMOTE_STATE = re.compile(rb"terraform_remote_state")


def names_remote_state(text: bytes) -> bool:
    """Whether a text could declare the one data source that needs no provider."""
    return _REMOTE_STATE.search(text) is not None


def calls_in_text(text: bytes) -> list[tuple[int, str]]:
    """Every place in a text that could call a function which reads files, and the name there.

    Reads bytes and knows no syntax, on purpose: what it finds inside a string or a comment counts too. It is
    compared with what the parser found, so that nothing depends on the parser alone.
    """
    return [
        (match.start(1), match[1].decode())
        for match in _DANGEROUS.finditer(text)
        if match[1].decode() not in PURE
    ]

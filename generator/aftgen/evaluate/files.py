"""The repository's own files that expressions read: which may be, and how they get into the sandbox."""

import re
from pathlib import Path

from aftgen.evaluate.functions import TEMPLATEFILE, calls_in_text
from aftgen.evaluate.paths import is_inside

#: All files together that one evaluation may read.
MAX_BYTES = 20 * 1024 * 1024
_TEMPLATE_MARK = re.compile(rb"[$%]\{")


_TERRAFORM_FILE = re.compile(
    r".*(\.(tf|tofu)(\.json)?|\.tfvars(\.json)?|\.(tf|tofu)[a-z]+\.(hcl|json))", re.DOTALL | re.IGNORECASE
)


def is_terraform_file(place: str) -> bool:
    """Whether Terraform, or a later version of it, could load a file of this name by itself."""
    return _TERRAFORM_FILE.fullmatch(place) is not None


class RepositoryFiles:
    """Judges paths in the repository, each function and path once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._judged: dict[tuple[str, str], str] = {}

    def refusal(self, function: str, place: str) -> str:
        """Why a function may not read a file, as the end of a sentence; "" if it may."""
        if (function, place) not in self._judged:
            self._judged[function, place] = self._judge(function, place)
        return self._judged[function, place]

    def _judge(self, function: str, place: str) -> str:
        # .git/config holds a token in many CI systems, and editors and tools keep theirs in such files too.
        if any(part.startswith(".") and part != "." for part in place.split("/")):
            return "a hidden file"
        if place.endswith((".tfstate", ".tfstate.backup", ".pem", ".key")):
            return "which may hold secrets"
        if is_terraform_file(place):
            # In the sandbox it would be loaded, whole.
            return "which is Terraform code itself"
        path = self.root / place
        if not is_inside(path, self.root):
            return "a link that leads out of the repository"
        if not path.exists():
            return ""
        if not path.is_file():
            return "" if path.is_dir() else "which is no regular file"
        if path.stat().st_size > MAX_BYTES:
            return f"which is larger than {MAX_BYTES // 1024**2} MB"
        if function == TEMPLATEFILE:
            text = path.read_bytes()
            if _TEMPLATE_MARK.search(text) and calls_in_text(text):
                return "a template that reads files itself"
        return ""

    def copy(self, contents: set[str], names: set[str], target: Path) -> str:
        """Copy files, and for ``names`` empty ones, below ``target``; why not, or ""."""
        left = MAX_BYTES
        for place in sorted(names - contents):
            if (self.root / place).is_file() and not (target / place).exists():
                _write(target / place, b"")
        for place in sorted(contents):
            path = self.root / place
            if path.is_dir():
                (target / place).mkdir(parents=True, exist_ok=True)
            elif path.is_file() and is_inside(path, self.root):
                data = path.read_bytes()
                left -= len(data)
                if left < 0:
                    return f"the files that requests read have more than {MAX_BYTES // 1024**2} MB"
                _write(target / place, data)
        return ""


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

"""Puts the demo's real output into the README, between its marks."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "demo.py"], capture_output=True, text=True, check=True
    )
    readme = ROOT / "README.md"
    block = f"<!-- demo -->\n```console\n{done.stdout.strip()}\n```\n<!-- /demo -->"
    text = re.sub(r"<!-- demo -->.*?<!-- /demo -->", lambda _: block, readme.read_text(), flags=re.DOTALL)
    readme.write_text(text)


if __name__ == "__main__":
    main()

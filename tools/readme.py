"""Puts the demo's real output into the README, between its marks: the text, and the rehearsal as a picture.

The picture is drawn from what `aftgen rehearse` prints with colours. It says nothing that changes from run to
run, such as a time, so the same program draws the same picture.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import demo
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = Path("docs") / "rehearse.svg"
#: Rich's own form without the web fonts, which a README does not load.
_FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{
        font-size: 18px;
        font-weight: bold;
        font-family: ui-sans-serif, Helvetica, Arial, sans-serif;
    }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def main() -> None:
    target = ROOT / "build" / "demo"
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "demo.py", target], stdout=subprocess.PIPE, text=True, check=True
    )
    before, after = done.stdout.split(f"$ {demo.REHEARSE}\n")
    last = after.strip().splitlines()[-1]
    picture = f"![{demo.REHEARSE}: what AFT would do, and who can sign in with what]({PICTURE})"
    text = f"{before.strip()}\n\n$ {demo.REHEARSE}"
    block = f"<!-- demo -->\n```console\n{text}\n```\n\n{picture}\n\n{last}\n<!-- /demo -->"
    readme = ROOT / "README.md"
    replaced = re.sub(r"<!-- demo -->.*?<!-- /demo -->", lambda _: block, readme.read_text(), flags=re.DOTALL)
    readme.write_text(replaced)
    (ROOT / PICTURE).write_text(draw(coloured(target)))


def coloured(folder: Path) -> str:
    """What the rehearsal of the demo's folder prints on a terminal."""
    environment = {**os.environ, "COLUMNS": str(demo.WIDTH), "FORCE_COLOR": "1"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        demo.arguments(demo.REHEARSE),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def draw(printed: str) -> str:
    """Text with terminal colours as an SVG."""
    console = Console(record=True, width=demo.WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(printed.rstrip("\n")), soft_wrap=True)
    return console.export_svg(
        title=demo.REHEARSE, theme=SVG_EXPORT_THEME, code_format=_FORM, unique_id="rehearse"
    )


if __name__ == "__main__":
    main()

"""Prints the JSON body of a comment or an issue from a file that somebody else wrote.

    comment_body.py MARKER FILE [TITLE]

The file is data: it is cut to what a comment may hold, mentions notify nobody, and it cannot carry the marker
by which the next run finds its own comment. Standard library only.
"""

import json
import sys
from pathlib import Path

#: A comment holds 65,536 characters; the rest is room for what is added here.
LIMIT = 60_000
_CUT = "\n\n…\n\nThis is the beginning; the whole text is in the run's artifact."
_NO_MENTION = "@\u200c"


def body(marker: str, text: str) -> str:
    """The text of the comment: the marker first, then the data."""
    clean = "".join(c for c in text if c in "\n\t" or c.isprintable()).replace("<!--", "<! --")
    clean = clean.replace("@", _NO_MENTION).strip()
    if len(clean) > LIMIT:
        clean = clean[:LIMIT] + _CUT
        # What was cut off may have closed a fold or a code block.
        clean += "\n```\n</details>\n" if clean.count("```") % 2 else "\n</details>\n"
    return f"<!-- {marker} -->\n{clean or 'There is nothing to report.'}\n"


def main() -> int:
    marker, path, *title = sys.argv[1:]
    file = Path(path)
    if file.is_symlink() or not file.is_file():
        print(f"{path} is not there", file=sys.stderr)
        return 1
    text = file.read_bytes()[: 8 * LIMIT].decode("utf-8", "replace")
    made = {"body": body(marker, text)}
    if title:
        made["title"] = title[0]
    json.dump(made, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The lines of a file as ``terraform fmt`` sees them."""

import pytest
from aftgen.editing.layout import Splice, columns, lines, spliced


def shape(text: str) -> list[tuple[str, bool, bool]]:
    """For each line: its text up to the ``=``, whether its value ends there, whether a comment is behind."""
    data = text.encode()
    return [
        (
            data[line.first : line.equal].decode().strip() if line.equal else "",
            line.whole,
            line.comment is not None,
        )
        for line in lines(data)
    ]


def test_what_counts_as_an_assignment() -> None:
    text = """\
a = 1
# b = 2
c = { # comment
  d = "= # ${x == "}" ? "a = b" : "#"}" // two
  e = <<-EOT
    f = 1
    # g
    EOT
  h = jsonencode({ i = 1 }) /* no comment of its own */
}
j = [for k in l : k if k != "m" && k <= n]
o == p
q => r
"""
    assert shape(text) == [
        ("a", True, False),
        ("", False, False),
        ("c", False, True),
        ("d", True, True),
        ("e", True, False),
        ("h", True, False),
        ("", False, False),
        ("j", True, False),
        ("", False, False),
        ("", False, False),
    ]


def after(text: str, old: str, new: str) -> str:
    start = text.index(old)
    return spliced(text.encode(), [Splice(start, start + len(old), new.encode())]).decode()


@pytest.mark.parametrize(
    ("before", "old", "new", "expected"),
    [
        # A longer key in an aligned group moves the group.
        ("a  = 1\nbb = 2\n", "bb = 2\n", "bb = 2\nccc = 3\n", "a   = 1\nbb  = 2\nccc = 3\n"),
        # A group with a layout of its own stays, and the new line follows the one above.
        ("a = 1\nbb = 2\n", "bb = 2\n", "bb = 2\nc = 3\n", "a = 1\nbb = 2\nc  = 3\n"),
        ("a     = 1\nbb    = 2\n", "bb    = 2\n", "bb    = 2\nc = 3\n", "a     = 1\nbb    = 2\nc     = 3\n"),
        # The longest goes: the others move back. A comment line or a blank line divides.
        ("a   = 1\nccc = 3\n\nd = 1\n", "ccc = 3\n", "", "a = 1\n\nd = 1\n"),
        ("# x\na   = 1\nccc = 3\n# y\ndd = 1\n", "ccc = 3\n", "", "# x\na = 1\n# y\ndd = 1\n"),
        # What divided two groups goes: fmt takes them for one.
        ("a = 1\n\nccc = 3\n", "\nccc", "ccc", "a   = 1\nccc = 3\n"),
        # Comments behind lines move with the longest of them, where they stood in one column.
        ("a = 1 # x\nb = 2 # y\n", "1", "1000", "a = 1000 # x\nb = 2    # y\n"),
        ("a = 1 # x\nb = 2  # y\n", "1", "1000", "a = 1000 # x\nb = 2  # y\n"),
        # A value that goes on for lines leaves its group.
        ("aa = 1\nb  = {}\n", "{}", "{\n}", "aa = 1\nb = {\n}\n"),
        ("aa = 1\nb = {\n}\n", "{\n}", "{}", "aa = 1\nb  = {}\n"),
    ],
)
def test_a_splice_keeps_what_fmt_aligned(before: str, old: str, new: str, expected: str) -> None:
    assert after(before, old, new) == expected


def test_columns_are_grapheme_clusters() -> None:
    assert columns(b"abc") == 3
    assert columns('"日本"'.encode()) == 4
    assert columns('"👩‍👩‍👧é"'.encode()) == 4


def test_splices_that_overlap_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="overlap"):
        spliced(b"abc", [Splice(0, 2, b""), Splice(1, 3, b"")])

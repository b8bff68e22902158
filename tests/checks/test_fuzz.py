"""Nothing that stands in a file crashes the check, or any of its formats."""

import tempfile
from pathlib import Path

from aftgen.checks.formats import FORMATS
from aftgen.checks.registry import RULES
from check_repositories import EXAMPLE, REQUESTS, add_example, check, request, sound, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_REQUEST = request(
    'account_tags = {\n  owner = "payments"\n}\n'
    "custom_fields = {\n  access = jsonencode({ version = 1, grants = {} })\n}\n"
)
_SEEDS = [_REQUEST, *(text for rule in RULES for text in (rule.bad, rule.good) if text and len(text) < 2_000)]
_PIECES = st.sampled_from(
    (
        *(
            '"',
            "{",
            "}",
            "[",
            "]",
            "${",
            "%{",
            "<<EOT\n",
            "<<-A\n",
            "#",
            "//",
            "/*",
            "\n",
            "\r\n",
            "\t",
            "=",
            ",",
        ),
        *(
            "null",
            "true",
            "007",
            "1e999",
            "-0",
            "each.key",
            "local.x",
            "var.y",
            "for_each = 3\n",
            "count = -1\n",
        ),
        *(
            "moved {\n  from = module.example\n  to = ",
            "# aftgen:ignore=E003",
            "# aftgen:ignore=",
            "\x1b[31m",
        ),
        *("日本", "\u202e", "\\u0000", "jsonencode(", "merge(", 'module "x" {\n', 'source = ""\n', "\ufeff"),
        *("\x00", "aws:", "{{", "AKIAIOSFODNN7EXAMPLE"),
    )
)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    text = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.one_of(_PIECES, st.text(max_size=5))) + text[end:]
    return text.encode("utf-8", "surrogatepass")


_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _survives(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        repository = sound(Path(name))
        write(Path(name), files)
        report = check(repository)
        crashed = [finding.message for finding in report.findings if finding.rule == "X000"]
        assert crashed == []
        for write_report in FORMATS.values():
            write_report(report).encode()


@_SETTINGS
@given(_mutated(), _mutated())
def test_mutated_requests(first: bytes, second: bytes) -> None:
    _survives({EXAMPLE: first, f"{REQUESTS}/second.tf": second})


@_SETTINGS
@given(st.binary(max_size=300))
def test_random_bytes(content: bytes) -> None:
    _survives({EXAMPLE: content})


@_SETTINGS
@given(_mutated())
def test_any_configuration_file(content: bytes) -> None:
    _survives(
        {
            EXAMPLE: _REQUEST.encode(),
            "aftgen.yaml": content,
            "global-customizations/organization.yaml": content,
            f"{REQUESTS}/x.tf.json": content,
        }
    )


def test_all_bad_examples_together() -> None:
    with tempfile.TemporaryDirectory() as name:
        repository = sound(Path(name))
        for number, rule in enumerate(RULES):
            if rule.bad and "# ---" not in rule.bad:
                add_example(Path(name), rule.bad)
                example = Path(name) / EXAMPLE
                example.rename(example.with_name(f"rule{number}.tf"))
        report = check(repository)
        assert "X000" not in {finding.rule for finding in report.findings}
        assert report.errors > 40

"""The map from the source to kgen names what exists."""

import kgen
from tests.pages import ROOT, missing, unknown_names

PAGE = ROOT / "docs" / "source_map.md"


def test_every_name_and_every_file_exists():
    assert not unknown_names(PAGE, kgen)
    assert not missing(PAGE)


def test_every_section_is_covered_or_says_why_not():
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row[0].endswith("section")]
    assert len({row[0] for row in rows}) >= 20
    for section, _, found, *_ in rows:
        assert "kgen" in found or "`" in found or "not covered: " in found, section

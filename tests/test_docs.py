"""What the code cites of the two APIs is there to be read."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
CITED = re.compile(r"docs/(\w+-api)\.md#([a-z-]+)")


def test_every_citation_of_a_fact_sheet_names_a_heading_of_it():
    cited = {found for path in ROOT.glob("integration/**/*.py") for found in CITED.findall(path.read_text())}
    missing = {f"{sheet}.md#{anchor}" for sheet, anchor in cited if anchor not in headings(sheet)}
    assert cited
    assert not missing


def headings(sheet: str) -> set[str]:
    """Anchors of a sheet's headings, as they are linked to."""
    lines = (ROOT / "docs" / f"{sheet}.md").read_text().splitlines()
    return {line.lstrip("# ").lower().replace(" ", "-") for line in lines if line.startswith("#")}

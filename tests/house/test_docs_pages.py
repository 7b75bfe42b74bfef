"""Links lead somewhere, and pages written from code are current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from house_markdown import ROOT, anchors, links, name, pages


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in links(text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, fragment = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), f"{name(page)} links to {target}"
        if fragment and linked.suffix == ".md":
            found = anchors(linked.read_text(encoding="utf-8"))
            assert fragment in found, f"{name(page)} links to {target}"


def test_generated_pages_are_current() -> None:
    """Also: every finding code has a section with its severity, and every section a code."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, f"run `make docs`\n{done.stdout[-4000:]}{done.stderr}"

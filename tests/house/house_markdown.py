"""Reads what the house tests need out of Markdown: console blocks, links, anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"^(?:<!-- run(?P<run>: exit (?P<exit>\d))? -->\n)?```console\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Command:
    """One line after a prompt, and what the documentation says it prints."""

    page: str
    line: str
    """Without the prompt."""
    exit_code: int | None
    """What it has to exit with when it is run; None if it is not to be run."""
    output: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def pages() -> list[Path]:
    """Every page of documentation in the repository."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return sorted(path for path in found if path.is_file())


def name(page: Path) -> str:
    """A page as people call it."""
    return page.relative_to(ROOT).as_posix()


def commands() -> Iterator[Command]:
    """Every command in every console block."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            runs = block.group(0).startswith("<!--")
            expected = int(block["exit"] or 0) if runs else None
            yield from _commands(name(page), block["body"], expected)


def _commands(page: str, body: str, exit_code: int | None) -> Iterator[Command]:
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        first, _, rest = part.partition("\n")
        if first.startswith(PROMPT):
            output = tuple(row.rstrip() for row in rest.splitlines() if row.strip())
            yield Command(page, first.removeprefix(PROMPT), exit_code, output)


def links(text: str) -> Iterator[str]:
    """Targets of links, not those in code."""
    prose = CODE_SPAN.sub("", FENCE.sub("", text))
    return (match["target"] for match in LINK.finditer(prose))


def anchors(text: str) -> set[str]:
    """Fragments that headings get on code hosts."""
    return {_slug(match["text"]) for match in HEADING.finditer(FENCE.sub("", text))}


def _slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")

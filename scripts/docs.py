"""Write the documentation that is generated from code, or check that it is current.

docs/cli.md comes from the command-line application itself, docs/findings.md from
the catalogue of findings (which rooms declare beside their checks) and the section
texts in docs/findings.d, the tables of fields in docs/internal-alb.md, docs/dns.md and
docs/gke.md from the tables in code, and the pages on PenstockConfig from its types.
A test runs `--check`, so none of them can fall behind.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docs_config import config_page, config_schema
from docs_fields import NoMarkersError, dns_page, internal_alb_page
from docs_gke import gke_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SECTIONS = DOCS / "findings.d"
BAR = "\\|"
"""A vertical bar that does not end a table's cell."""
HEADING = re.compile(r"\A## `(?P<code>[^`]+)`\n+\*(?P<severity>\w+)\* — (?P<title>.+)\n")


class DocsError(Exception):
    """Code and section texts do not fit together; the message names every misfit."""


# The same pages on every machine: no home directory, terminal width or colours of the author's.
NEUTRAL = {"HOME": "/home/you", "COLUMNS": "100", "NO_COLOR": "1"}
FORGOTTEN = ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


def neutral_environment() -> None:
    """Forget what differs between machines; called before the package is imported."""
    os.environ.update(NEUTRAL)
    for name in FORGOTTEN:
        os.environ.pop(name, None)


# --- findings -------------------------------------------------------------------------

FINDINGS_INTRODUCTION = """\
<!-- Written by `make docs` from docs/findings.d and the code. Do not edit. -->
# Findings

A finding is what Penstock has to say about what you wrote: what is wrong or noteworthy, where
(file, line, column, object and field), and how to mend it. One bad object disables only what it
alone defines; everything else stays live.

| severity | meaning | exit code of `penstock check` |
|---|---|---|
| error | something does not work, or was left out | 2 |
| warning | it works, but probably not as meant | 0, with `--strict` 1 |
| info | worth knowing; nothing to mend | 0 |

Codes are stable: scripts may compare them, and `--output json` carries them in the key `code`
(see [JSON output](json-output.md)).
"""


def import_everything() -> None:
    """Import every module of the package, so that every finding code is declared."""
    package = importlib.import_module("penstock")
    for module in pkgutil.walk_packages(package.__path__, "penstock."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def section_texts() -> dict[str, str]:
    """The section texts by finding code.

    Raises:
        DocsError: a file has no proper heading, or not the name that its code asks for.
    """
    texts = {}
    for path in sorted(SECTIONS.glob("*.md")):
        text = path.read_text(encoding="utf-8").strip() + "\n"
        heading = HEADING.match(text)
        if heading is None:
            raise DocsError(
                f"{path.name}: the first lines must be '## `code`' and '*severity* — …'"
            )
        code = heading["code"]
        if path.name != code.replace("/", "-") + ".md":
            raise DocsError(f"{path.name}: holds the section of {code}")
        texts[code] = text
    return texts


def misfits(codes: dict[str, Any], texts: dict[str, str]) -> Iterator[str]:
    """Where catalogue and section texts differ."""
    for name in sorted(codes.keys() - texts.keys()):
        yield f"{name}: declared in code, but docs/findings.d has no section for it"
    for name in sorted(texts.keys() - codes.keys()):
        yield f"{name}: docs/findings.d has a section, but no code declares it"
    for name in sorted(codes.keys() & texts.keys()):
        heading = HEADING.match(texts[name])
        assert heading is not None
        if heading["severity"] != codes[name].severity.value:
            yield f"{name}: the section says {heading['severity']}, code {codes[name].severity}"


def findings_page() -> str:
    """docs/findings.md.

    Raises:
        DocsError: a code without a section, a section without a code, or two severities.
    """
    import_everything()
    from penstock.model import catalogue

    codes = {code.name: code for code in catalogue()}
    texts = section_texts()
    if problems := list(misfits(codes, texts)):
        raise DocsError("\n".join(problems))
    lines = [FINDINGS_INTRODUCTION, "| code | severity | what it means |", "|---|---|---|"]
    for name, code in codes.items():
        lines.append(f"| [`{name}`](#{anchor(name)}) | {code.severity} | {cell(code.title)} |")
    return "\n".join([*lines, "", *texts.values()])


def anchor(code: str) -> str:
    """The fragment under which code hosts link a section headed by a finding code."""
    return code.replace("/", "")


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return text.replace("|", BAR).replace("*", "\\*").replace("<", "&lt;")


# --- command line ---------------------------------------------------------------------


def application() -> Any:
    """The root command, as `penstock` runs it."""
    import typer.main

    app = importlib.import_module("penstock.cli").app
    return typer.main.get_command(getattr(app, "app", app))


def cli_page() -> str:
    """docs/cli.md."""
    import typer

    root = application()
    lines = [
        "<!-- Written by `make docs` from the command line's own help. Do not edit. -->",
        "# Command-line reference",
        "",
    ]
    context = typer.Context(root, info_name="penstock", **root.context_settings)
    lines += command_section(root, context, depth=2)
    return "\n".join(lines).rstrip() + "\n"


def command_section(command: Any, context: Any, depth: int) -> list[str]:
    """Help, usage, arguments and options of a command, then its subcommands."""
    path = context.command_path
    lines = [f"{'#' * depth} `{path}`", "", *help_lines(command.help or "")]
    lines += ["```text", " ".join([path, *command.collect_usage_pieces(context)]), "```", ""]
    lines += parameter_table(command, context)
    if command.epilog:
        lines += help_lines(command.epilog)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else []:
        child = command.get_command(context, name)
        if not child.hidden:
            below = type(context)(child, info_name=name, parent=context)
            lines += command_section(child, below, depth + 1)
    return lines


def help_lines(text: str) -> list[str]:
    """Help text as Markdown: paragraphs, and examples in fences."""
    from rich.text import Text

    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", Text.from_markup(text).plain.strip()):
        rows = [row.strip() for row in paragraph.replace("\b", "").splitlines() if row.strip()]
        examples = [command for row in rows for command in example_commands(row)]
        prose = [row for row in rows if not example_commands(row)]
        lines += [*prose, ""] if prose else []
        if examples:
            lines += ["```console", *(f"$ {command}" for command in examples), "```", ""]
    return lines


def example_commands(row: str) -> list[str]:
    """The commands in a line of examples: `Example: penstock …`, several parted by a dot."""
    row = re.sub(r"^Examples?:\s*", "", row).removeprefix("$ ")
    return row.split(" · ") if row.startswith("penstock ") else []


def parameter_table(command: Any, context: Any) -> list[str]:
    """Arguments and options, one row each."""
    records = [param.get_help_record(context) for param in command.get_params(context)]
    rows = [
        f"| `{name.replace('|', BAR)}` | {cell(text)} |" for name, text in filter(None, records)
    ]
    return ["| option | meaning |", "|---|---|", *rows, ""] if rows else []


# --- the script -----------------------------------------------------------------------

PAGES: dict[str, Callable[[], str]] = {
    "findings.md": findings_page,
    "cli.md": cli_page,
    "dns.md": dns_page,
    "internal-alb.md": internal_alb_page,
    "gke.md": gke_page,
    "penstock-config.md": config_page,
    "penstock-config.schema.json": config_schema,
}


def check(name: str, text: str) -> bool:
    """Whether a page is current; the difference is printed."""
    path = DOCS / name
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    sys.stdout.writelines(
        difflib.unified_diff(
            written.splitlines(keepends=True),
            text.splitlines(keepends=True),
            f"docs/{name}",
            f"docs/{name} from code",
        )
    )
    return written == text


def main() -> int:
    """Write the pages; with `--check` only compare, and fail if one is not current."""
    parser = argparse.ArgumentParser(description="Write the generated documentation.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    neutral_environment()
    try:
        pages = {name: render() for name, render in PAGES.items()}
    except (DocsError, NoMarkersError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.check:
        current = [check(name, text) for name, text in pages.items()]
        return 0 if all(current) else 1
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

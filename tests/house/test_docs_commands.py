"""Commands in the documentation exist, and those marked with `<!-- run -->` do what it says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from house_markdown import ROOT, Command, commands

from penstock.cli import app

PENSTOCK = Path(sys.executable).with_name("penstock")
ALL = list(commands())
RUN = [command for command in ALL if command.exit_code is not None]
OMITTED = "…"


def penstock_words(line: str) -> list[str]:
    """The words after `penstock` in a command line, up to the next command of a pipe."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    if "penstock" not in words:
        return []
    after = words[words.index("penstock") + 1 :]
    ends = [i for i, word in enumerate(after) if word in ("|", "&&", "&", ";", ">", "||")]
    return after[: ends[0]] if ends else after


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and its own words."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("command", ALL, ids=str)
def test_command_and_options_exist(command: Command) -> None:
    words = penstock_words(command.line)
    if not words:
        pytest.fail(f"{command}: no penstock command; use another kind of fence")
    found, rest = command_of(words)
    assert not hasattr(found, "commands") or rest == ["--help"], f"{command}: no such command"
    known = {opt for param in found.params for opt in (*param.opts, *param.secondary_opts)}
    known |= {"--help", "-h"}
    used = {word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"}
    assert used <= known, f"{command}: no such option"


def test_something_is_run() -> None:
    assert RUN


@pytest.mark.parametrize("command", RUN, ids=str)
def test_command_does_what_the_documentation_says(command: Command) -> None:
    assert not set("|&;<>") & set(command.line), "only single commands can be run"
    words = penstock_words(command.line)
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [PENSTOCK, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == command.exit_code, done.stdout + done.stderr
    printed = iter(row.rstrip() for row in (done.stdout + done.stderr).splitlines())
    for row in command.output:
        if row.strip() != OMITTED:
            assert row in printed, f"{row!r} is not printed, or not in this place:\n{done.stdout}"

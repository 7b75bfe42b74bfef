"""Processes that belong to nobody, and that no control plane loses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from penstock.envoy.child import Child, Identity

ORPHAN = Path(sys.modules[Child.__module__].__file__ or "").with_name("orphan.py")


async def test_a_process_is_noted_before_it_is_the_program(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    noted: list[tuple[Identity, bool]] = []
    child = Child.launch(
        ["/bin/touch", str(ran)], tmp_path / "log", lambda i: noted.append((i, ran.exists()))
    )
    await child.wait()
    assert noted == [(child.identity, False)]
    assert ran.exists()


def test_without_its_control_plane_no_process_becomes_the_program(tmp_path: Path) -> None:
    """Killed between the fork and the note: nobody would ever find that Envoy."""
    ran = tmp_path / "ran"
    launcher = subprocess.run(
        [sys.executable, "-I", "-S", str(ORPHAN), "/bin/touch", str(ran)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )  # Its output ends when the process that it has left behind is gone.
    assert launcher.stdout.strip().isdigit()
    assert not ran.exists()


async def test_what_cannot_be_executed_is_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(OSError, match="No such file"):
        Child.launch([missing], tmp_path / "log", lambda _: None)

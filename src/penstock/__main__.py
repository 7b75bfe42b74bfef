"""The `penstock` command's outermost layer: nothing a shell does to us ends in a traceback.

The command itself is imported inside, because Ctrl-C may come while it is.
"""

from __future__ import annotations

import os
import sys

_INTERRUPTED = 128 + 2
"""SIGINT; to import the module `signal` for it takes long enough for another Ctrl-C."""
_BROKEN_PIPE = 128 + 13
_CANNOT_WRITE = 74
"""EX_IOERR of sysexits(3)."""


def main() -> None:
    """Entry point of the `penstock` command."""
    try:
        _prepare_streams()
        from penstock.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        _give_up_output()
        sys.exit(_BROKEN_PIPE)
    except OSError as error:
        _give_up_output()
        sys.stderr.write(f"penstock: {error}\n")
        sys.exit(_CANNOT_WRITE)


def _prepare_streams() -> None:
    """Standard streams that exist, and that can print any text."""
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest free descriptor: this one
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123
        getattr(sys, name).reconfigure(errors="backslashreplace")


def _give_up_output() -> None:
    """What is still buffered cannot be written; the interpreter must not try again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()

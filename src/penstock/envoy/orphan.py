"""Starts a program that belongs to nobody: `python -I -S orphan.py PROGRAM [OPTION]...`.

Envoy, when it can be hot-restarted, asks the kernel to end it as soon as its
parent ends.  It has to outlive the control plane, so its parent ends before it
starts: this program forks, prints the pid and is gone; the child waits until it
has been handed to init, and until it reads a byte: by then its pid is written
down.  If it reads none, whoever wanted it is gone, and so is the child: no Envoy
ever runs that the next control plane would not find.

A program by itself, not a part of the package: it needs nothing but the
standard library, and starts in a few milliseconds.
"""

import os
import sys
import time


def main() -> None:
    """Print the pid; after it the reason, if the program cannot be executed."""
    launcher = os.getpid()
    child = os.fork()
    if child:
        os.write(1, b"%d\n" % child)
        os._exit(0)
    answer = os.dup(1)  # Not inheritable: its end tells the reader that the program runs.
    os.dup2(2, 1)
    while os.getppid() == launcher:
        time.sleep(0.0002)
    if not os.read(0, 1):
        os._exit(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the supervisor gives the path
    except OSError as error:
        os.write(answer, (error.strerror or "unknown error").encode())
        os._exit(1)


if __name__ == "__main__":
    main()

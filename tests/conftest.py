"""Options of the whole test suite."""

import signal

import pytest
from hypothesis import settings

# How long an example takes says more of who else runs on the machine than of the code.
settings.register_profile("penstock", deadline=None)
settings.load_profile("penstock")

# A shell has what it runs in the background ignore Ctrl-C, and so would what tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files anew instead of comparing"
    )

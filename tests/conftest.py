"""Options of the whole test suite."""

import pytest
from hypothesis import settings

# How long an example takes says more of who else runs on the machine than of the code.
settings.register_profile("penstock", deadline=None)
settings.load_profile("penstock")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files anew instead of comparing"
    )

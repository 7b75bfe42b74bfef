"""The table of variables is whole, and the documentation says the same."""

from pathlib import Path

import pytest

from penstock.envoy.compile.header_edits import header_value
from penstock.envoy.compile.variables import DIFFERENCES, OPERATORS
from penstock.model import Variable

DOCS = (Path(__file__).parents[2] / "docs" / "http.md").read_text()


@pytest.mark.parametrize("variable", Variable)
def test_every_variable_is_documented(variable):
    (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{variable}` |")]
    differs = row.partition("; unlike Google's: ")[2].removesuffix(" |")
    assert differs == DIFFERENCES.get(variable, "")


def test_every_variable_has_an_operator():
    assert OPERATORS.keys() == set(Variable)


def test_text_is_never_an_operator():
    named = ("client_ip_address", "%PROTOCOL%", Variable.CLIENT_PROTOCOL)
    assert header_value(named) == "client_ip_address%%PROTOCOL%%%PROTOCOL%"

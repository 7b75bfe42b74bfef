"""The compiled messages, as text to be read and reviewed.

Written anew with ``pytest --update-golden``.
"""

from pathlib import Path

import pytest
from compile_cases import BINDINGS, CASES, OPTIONS
from compile_proxy import messages
from google.protobuf import descriptor_pool, text_format

from penstock.envoy.compile import Compiler
from penstock.envoy.resources import TYPE_URLS

GOLDEN = Path(__file__).parent / "golden"


def as_text(snapshot):
    parts = []
    for type_url in TYPE_URLS:
        for name, message in messages(snapshot, type_url).items():
            body = text_format.MessageToString(message, descriptor_pool=descriptor_pool.Default())
            parts.append(f"# {type_url.rpartition('.')[2]} {name}\n{body}")
    return "\n".join(parts)


@pytest.mark.parametrize("case", CASES)
def test_golden(case, request):
    compiled = Compiler(OPTIONS).compile(CASES[case](), BINDINGS, {})
    assert compiled.findings == ()
    path = GOLDEN / f"{case}.txt"
    if request.config.getoption("--update-golden"):
        path.write_text(as_text(compiled.snapshot))
    assert as_text(compiled.snapshot) == path.read_text()

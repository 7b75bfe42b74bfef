"""Hand-built models and a bare Envoy for them are those of the compiler's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "envoy_compile"))

"""`penstock` without an access log, to show what the log costs (there is no such option)."""

from __future__ import annotations

from penstock.cli import app
from penstock.envoy.compile import hcm

if __name__ == "__main__":
    vars(hcm)["access_logs"] = lambda _target: ()
    app()

#!/usr/bin/env bash
# Rewrite the lock files from pyproject.toml: name, version and hashes of every
# package, and no address of any registry (pip's own settings decide on that).
# Arguments go to pip-compile: `--upgrade`, or `--upgrade-package NAME`.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/python -m piptools compile --quiet \
        --generate-hashes --allow-unsafe --strip-extras --resolver=backtracking \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
        "$@"
}

compile --output-file requirements.lock "$@" pyproject.toml
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock "$@" \
    pyproject.toml
# Apart from the others: it wants older packages than Penstock.
compile --output-file requirements-sslyze.lock "$@" scripts/sslyze.in

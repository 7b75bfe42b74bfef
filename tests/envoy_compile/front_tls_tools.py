"""OpenSSL's s_client and sslyze, asked what a server negotiates."""

import json
import subprocess
import sys
from pathlib import Path

SSLYZE = Path(sys.prefix) / "sslyze" / "bin" / "sslyze"
"""Made by `make setup`."""
_VERSIONS = {
    "SSL_2_0": "ssl_2_0_cipher_suites",
    "SSL_3_0": "ssl_3_0_cipher_suites",
    "TLS_1_0": "tls_1_0_cipher_suites",
    "TLS_1_1": "tls_1_1_cipher_suites",
    "TLS_1_2": "tls_1_2_cipher_suites",
    "TLS_1_3": "tls_1_3_cipher_suites",
}


def scan(addresses):
    """(address, port) → version → suites that the server takes, by OpenSSL's names.

    Asked twice: sslyze counts a connection that breaks for any reason as a refusal.
    """
    first, second = _scan(addresses), _scan(addresses)
    return {
        place: {version: suites | second[place][version] for version, suites in found.items()}
        for place, found in first.items()
    }


def _scan(addresses):
    targets = [f"{address}:{port}" for address, port in addresses]
    flags = ("--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3")
    command = [str(SSLYZE), *flags, "--json_out=-", *targets]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True)
    return {
        _place(result): _suites(result) for result in json.loads(done.stdout)["server_scan_results"]
    }


def _place(result):
    location = result["server_location"]
    return location["ip_address"], location["port"]


def _suites(result):
    return {version: _accepted(result["scan_result"][key]) for version, key in _VERSIONS.items()}


def _accepted(attempt):
    assert attempt["status"] == "COMPLETED", attempt
    suites = attempt["result"]["accepted_cipher_suites"]
    return {suite["cipher_suite"]["openssl_name"] for suite in suites}


def s_client(address, *options, text=""):
    """What `openssl s_client` prints; it ends with the connection, or when its input does."""
    command = ["openssl", "s_client", "-connect", f"{address.address}:{address.port}", *options]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr

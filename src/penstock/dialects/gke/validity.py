"""What the controller finds wrong with a BackendConfig when it translates an Ingress.

GKE stops the Ingress then.  Values that are wrong by themselves were left out when the
object was read, with a finding each; only ``--strict`` makes failures of them.
Texts: ingress-gce, pkg/backendconfig/validation.go, pkg/controller/errors.
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.gke import codes
from penstock.dialects.gke.failure import Failure
from penstock.model import Finding
from penstock.objects.core import Secret
from penstock.objects.gke.backend_config import BackendConfig
from penstock.objects.meta import Object

CREDENTIALS: Final = ("client_id", "client_secret")
"""Keys of the Secret that Identity-Aware Proxy has its credentials from."""
_CONSEQUENCE: Final = "requests are answered with 403"


def credentials_of(config: Object[BackendConfig] | None) -> str:
    """The name of the Secret with the credentials for Identity-Aware Proxy; empty if there is
    none to be read."""
    iap = config.resource.spec.iap if config else None
    if iap is None or not iap.enabled or iap.oauthclient_credentials is None:
        return ""
    return iap.oauthclient_credentials.secret_name or ""


def check_config(
    config: Object[BackendConfig], secret: Object[Secret] | None, *, local: bool
) -> tuple[tuple[Failure, ...], tuple[Finding, ...]]:
    """Why GKE would stop for a BackendConfig, and what of it was not said when it was read.

    A Secret is not always among a team's manifests, so in local mode one that is not there is no
    failure; requests are refused all the same.
    """
    begin = f"BackendConfig {config.namespace}/{config.name} is not valid"
    code = codes.BACKEND_CONFIG_INVALID
    failures = [Failure(code, f"{begin}: {'; '.join(config.flaws)}")] if config.flaws else []
    reason = _bad_credentials(credentials_of(config), secret, local=local)
    if not reason:
        return tuple(failures), ()
    origin = config.origin("spec", "iap", "oauthclientCredentials", "secretName")
    hint = f"the Secret has the keys {' and '.join(CREDENTIALS)}"
    failure = Failure(code, f"{begin}: {reason}", hint, origin)
    return (*failures, failure), (failure.finding(origin, _CONSEQUENCE),)


def _bad_credentials(name: str, secret: Object[Secret] | None, *, local: bool) -> str:
    if not name or (secret is None and local):
        return ""
    if secret is None:
        return f'error retrieving secret {name}: secrets "{name}" not found'
    present = {**(secret.resource.data or {}), **(secret.resource.string_data or {})}
    missing = next((key for key in CREDENTIALS if key not in present), "")
    return f"secret {name} missing {missing} data" if missing else ""

"""GKE's own kinds: BackendConfig, FrontendConfig, ManagedCertificate.

Sources: kubernetes/ingress-gce, pkg/apis; GoogleCloudPlatform/gke-managed-certs.
"""

from __future__ import annotations

from penstock.objects.gke.backend_config import BackendConfig
from penstock.objects.gke.frontend_config import FrontendConfig
from penstock.objects.gke.managed_certificate import ManagedCertificate
from penstock.objects.meta import Resource

KINDS: tuple[type[Resource], ...] = (BackendConfig, FrontendConfig, ManagedCertificate)
"""What is read."""

__all__ = ["KINDS", "BackendConfig", "FrontendConfig", "ManagedCertificate"]

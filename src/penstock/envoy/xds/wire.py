"""Batches as protocol messages; the bodies are copied, never parsed."""

from __future__ import annotations

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse

from penstock.envoy.xds.subscription import Batch


def delta_response(
    type_url: str, nonce: str, revision: str, batch: Batch
) -> DeltaDiscoveryResponse:
    """The message that carries one batch."""
    response = DeltaDiscoveryResponse(
        type_url=type_url,
        nonce=nonce,
        system_version_info=revision,
        removed_resources=batch.removed,
    )
    for resource in batch.resources:
        entry = response.resources.add(name=resource.name, version=resource.version)
        entry.resource.type_url = type_url
        entry.resource.value = resource.body
    return response

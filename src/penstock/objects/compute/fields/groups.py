"""Network endpoint groups and instance groups."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_INTERNAL,
    NOT_YET,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.groups import (
    CloudRun,
    InstanceGroup,
    InstanceReference,
    NamedPort,
    NetworkEndpoint,
    NetworkEndpointGroup,
)

TABLE: Table = {
    NetworkEndpointGroup: (
        row("annotations", DESCRIPTIVE, "for people and scripts"),
        row("appEngine", NO_EFFECT, "App Engine is a service of Google Cloud"),
        row("cloudFunction", NO_EFFECT, "Cloud Run functions are a service of Google Cloud"),
        row("cloudRun", NOT_YET, "a stand-in can take its place"),
        row("defaultPort", HONOURED),
        row("network", DESCRIPTIVE, "endpoints have their addresses"),
        row(
            "networkEndpointType",
            HONOURED,
            values=(
                "GCE_VM_IP GCE_VM_IP_DEDICATED_BACKEND GCE_VM_IP_PORT GCE_VM_IP_PORTMAP "
                "INTERNET_FQDN_PORT INTERNET_IP_PORT NON_GCP_PRIVATE_IP_PORT "
                "PRIVATE_SERVICE_CONNECT SERVERLESS"
            ),
        ),
        row("pscData", NOT_INTERNAL, "for Private Service Connect only"),
        row("pscTargetService", NOT_INTERNAL, "for Private Service Connect only"),
        row("size", OUTPUT),
        row("subnetwork", DESCRIPTIVE, "endpoints have their addresses"),
        row(
            "networkEndpoints",
            HONOURED,
            "not in the API: the endpoints, as `attachNetworkEndpoints` takes them",
        ),
    ),
    NetworkEndpoint: (
        row(
            "annotations",
            HONOURED,
            '`penstock.dev/ready: "false"` keeps new requests away; others are for people',
        ),
        row("clientDestinationPort", NOT_INTERNAL, "for port mapping only"),
        row("fqdn", HONOURED),
        row("instance", HONOURED),
        row("ipAddress", HONOURED, "unless ipAddressSelectionPolicy wants IPv6"),
        row("ipv6Address", HONOURED, "where ipAddressSelectionPolicy wants it"),
        row("port", HONOURED),
    ),
    CloudRun: (
        row("service", NOT_YET, "a stand-in can take its place"),
        row("tag", NOT_YET, "a stand-in can take its place"),
        row("urlMask", NOT_YET, "a stand-in can take its place"),
    ),
    InstanceGroup: (
        row("namedPorts", HONOURED),
        row("network", DESCRIPTIVE, "machines have their addresses"),
        row("size", OUTPUT),
        row("subnetwork", DESCRIPTIVE, "machines have their addresses"),
        row(
            "instances",
            HONOURED,
            "not in the API: the members, as `addInstances` takes them, or by name",
        ),
    ),
    NamedPort: (
        row("name", HONOURED),
        row("port", HONOURED),
    ),
    InstanceReference: (row("instance", HONOURED),),
}

"""Network endpoint groups and instance groups."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
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
        row("network", CHECKED, "the same as the load balancer's"),
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
        row("subnetwork", NO_EFFECT, "endpoints have their addresses"),
        row(
            "networkEndpoints",
            HONOURED,
            "not in the API: the endpoints, as `attachNetworkEndpoints` takes them",
        ),
    ),
    NetworkEndpoint: (
        row("annotations", DESCRIPTIVE, "for people and scripts"),
        row("clientDestinationPort", NOT_INTERNAL, "for port mapping only"),
        row("fqdn", HONOURED),
        row("instance", HONOURED),
        row("ipAddress", HONOURED),
        row("ipv6Address", NOT_YET, "IPv4 addresses are used"),
        row("port", HONOURED),
    ),
    CloudRun: (
        row("service", NOT_YET, "a stand-in can take its place"),
        row("tag", NOT_YET, "a stand-in can take its place"),
        row("urlMask", NOT_YET, "a stand-in can take its place"),
    ),
    InstanceGroup: (
        row("namedPorts", HONOURED),
        row("network", CHECKED, "the same as the load balancer's"),
        row("size", OUTPUT),
        row("subnetwork", NO_EFFECT, "machines have their addresses"),
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

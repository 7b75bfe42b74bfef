"""Network endpoint groups and instance groups."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_INTERNAL,
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
    PscData,
)

TABLE: Table = {
    NetworkEndpointGroup: (
        row("annotations", DESCRIPTIVE, "for people and scripts"),
        row("appEngine", CHECKED, "not for internal load balancers: the group is left out"),
        row("cloudFunction", CHECKED, "not for internal load balancers: the group is left out"),
        row("cloudRun", HONOURED, "a PenstockConfig says where the service is"),
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
        row("pscData", HONOURED),
        row("pscTargetService", HONOURED, "a PenstockConfig says where the service is"),
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
            '`penstock.dev/ready: "false"` keeps new requests away, `penstock.dev/pod` says which '
            "pod it is; others are for people",
        ),
        row("clientDestinationPort", NOT_INTERNAL, "for port mapping only"),
        row("fqdn", HONOURED),
        row("instance", HONOURED),
        row("ipAddress", HONOURED, "unless ipAddressSelectionPolicy wants IPv6"),
        row("ipv6Address", HONOURED, "where ipAddressSelectionPolicy wants it"),
        row("port", HONOURED),
    ),
    CloudRun: (
        row("service", HONOURED, "a PenstockConfig says where it is"),
        row("tag", HONOURED, "as written in the PenstockConfig"),
        row("urlMask", NO_EFFECT, "one service answers all URLs: that of the group's name"),
    ),
    PscData: (
        row("consumerPscAddress", OUTPUT),
        row("producerPort", HONOURED, "where the PenstockConfig says no port"),
        row("pscConnectionId", OUTPUT),
        row(
            "pscConnectionStatus",
            OUTPUT,
            values="ACCEPTED CLOSED NEEDS_ATTENTION PENDING REJECTED STATUS_UNSPECIFIED",
        ),
    ),
    InstanceGroup: (
        row("namedPorts", HONOURED, "every port of a name that is there several times is used"),
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

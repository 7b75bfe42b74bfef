"""Service load balancing policies."""

from __future__ import annotations

from penstock.objects.compute.fields.row import DESCRIPTIVE, HONOURED, OUTPUT, Table, row
from penstock.objects.compute.service_lb_policy import (
    AutoCapacityDrain,
    FailoverConfig,
    IsolationConfig,
    ServiceLbPolicy,
)

TABLE: Table = {
    ServiceLbPolicy: (
        row("autoCapacityDrain", HONOURED),
        row("createTime", OUTPUT),
        row("failoverConfig", HONOURED),
        row("isolationConfig", HONOURED),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row(
            "loadBalancingAlgorithm",
            HONOURED,
            "WATERFALL_BY_REGION if not written",
            values=(
                "LOAD_BALANCING_ALGORITHM_UNSPECIFIED SPRAY_TO_REGION SPRAY_TO_WORLD "
                "WATERFALL_BY_REGION WATERFALL_BY_ZONE"
            ),
        ),
        row("updateTime", OUTPUT),
    ),
    AutoCapacityDrain: (row("enable", HONOURED),),
    FailoverConfig: (row("failoverHealthThreshold", HONOURED, "percent, 1 to 99; 70 as a rule"),),
    IsolationConfig: (
        row(
            "isolationGranularity",
            HONOURED,
            "REGION; isolation needs it",
            values="ISOLATION_GRANULARITY_UNSPECIFIED REGION",
        ),
        row(
            "isolationMode",
            HONOURED,
            "STRICT; for NEAREST a finding says that full groups overflow nevertheless",
            values="ISOLATION_MODE_UNSPECIFIED NEAREST STRICT",
        ),
    ),
}

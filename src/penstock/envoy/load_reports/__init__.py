"""Load reports: proxies tell what they send to each group (Envoy's load reporting service).

Served beside ADS on the same socket.  A proxy that is asked for nothing reports nothing.
"""

from penstock.envoy.load_reports.report import ClusterReport, GroupReport, reports_of
from penstock.envoy.load_reports.service import LoadReports, Sink

__all__ = ["ClusterReport", "GroupReport", "LoadReports", "Sink", "reports_of"]

"""The delta ADS server: snapshots in, acknowledged revisions out."""

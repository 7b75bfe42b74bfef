"""Model → Envoy messages, one file per concern; pure and deterministic."""

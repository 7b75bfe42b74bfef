"""The Envoy plane: model → messages → delta ADS → running proxies."""

"""The control API of a running instance (JSON over a Unix socket) and its metrics."""

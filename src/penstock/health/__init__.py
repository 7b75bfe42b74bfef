"""Health checks: one prober for the whole installation, whatever the number of proxies.

Pure state machine, probes in asyncio; what it finds out goes into assignments.
"""

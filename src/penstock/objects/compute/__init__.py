"""Compute resources as typed values, named and shaped as in the Compute API."""

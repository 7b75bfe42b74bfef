"""Lets the tests of every dialect import what they share (`golden_cases`)."""

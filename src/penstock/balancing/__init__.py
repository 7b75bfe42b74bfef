"""Shares of traffic: from groups, capacities, health and reported load to assignments.

Pure: equal inputs give equal assignments.
"""

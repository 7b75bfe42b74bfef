"""Kubernetes objects as users write them: typed kinds, parsed with positions.

One file a kind family; nothing here knows what the objects mean (dialects do).
"""

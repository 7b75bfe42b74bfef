"""YAML and JSON text to plain values with positions; knows nothing about Kubernetes kinds.

`documents` cuts a file into documents, `nodes` composes one with the C loader,
`values` turns nodes into values as Kubernetes does, `errors` says in plain
words what is wrong, and `locate` finds a field's line again when asked.
"""

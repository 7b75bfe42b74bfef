"""The running whole: reconcile loop, revisions, address assignment, supervision."""

"""Where objects come from: files now; a Kubernetes API server and the Compute API later."""

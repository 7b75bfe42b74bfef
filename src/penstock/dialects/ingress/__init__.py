"""The dialect `ingress`: plain Ingress, by the Kubernetes specification."""

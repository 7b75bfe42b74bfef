"""What all Kubernetes dialects share: Services to NEGs, Secrets to certificates."""

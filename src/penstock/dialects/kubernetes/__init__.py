"""What all dialects that read Kubernetes objects share: Services to NEGs, Secrets to certificates."""

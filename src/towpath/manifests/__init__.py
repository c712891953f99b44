"""Manifests: Kubernetes objects as values, their identity, their canonical form and the names of their files."""

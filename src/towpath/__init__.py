"""Towpath compiles typed settings to plain Kubernetes YAML and promotes image digests by pull request."""

__version__ = "0.1.0"

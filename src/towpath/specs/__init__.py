"""Specs: what a platform is made of, as frozen values, before any target (Kubernetes, later Compose) is chosen."""

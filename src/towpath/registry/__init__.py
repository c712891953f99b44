"""Registries: what an image reference stands for right now, read over HTTP and proved by its bytes."""

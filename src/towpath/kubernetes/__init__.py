"""The Kubernetes target: specs become the bodies of Kubernetes objects. Pure functions from values to dictionaries."""

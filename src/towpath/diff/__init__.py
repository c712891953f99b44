"""What changes between two trees of rendered manifests, as a value. Pure: bytes in, a `Diff` out."""

"""Reading and emitting YAML so that no reader takes one value for another. Pure: bytes in, text out."""

"""Reading and emitting YAML so that no reader takes a value for another one. Pure: bytes and values in and out."""

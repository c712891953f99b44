"""Images: references, pins, and the symbols that stand for them until link time."""

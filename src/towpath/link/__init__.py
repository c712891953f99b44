"""Linking: image symbols in object files are resolved against an environment's pins, and back."""

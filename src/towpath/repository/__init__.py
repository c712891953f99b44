"""The environment repository: read and written through a private bare clone, never through a working tree."""

"""Synthesis: charts and settings become object files, which are linked and written."""

"""Stores that operators run: their custom resources, and what is known of the pods that come of these."""

"""Stores as specs: how each engine runs in mode `bundled`, what an operator runs it from, and what clients are told.

A bundled store's credentials reach clients as `$(NAME)` in the text of other variables, which the kubelet expands, so
that no rendered file holds them. They therefore have to be URL-safe.
"""

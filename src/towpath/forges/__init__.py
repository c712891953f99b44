"""Forges: where pull requests are kept. `local` keeps them in the environment repository itself."""

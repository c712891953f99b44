"""Promotion: from a new image, or an environment's pins, to one pull request that shows its rendered change."""

"""Which settings hold a value."""

from __future__ import annotations

from tests.settings.sample import load
from towpath.settings.stated import stated_values

DEFAULTS = """\
domain: a.example
hosts: [b.example, a.example]
"""
OWN = """\
domain: c.example
debug: true
backend:
  image: web
  replicas: 3
labels: {"example.com/team": web}
"""


def test_values_and_their_settings() -> None:
    """Those that count, with the file and line of each; no model's default, and no true or false."""
    assert stated_values(load(DEFAULTS, OWN)) == {
        "c.example": "domain, production.yaml:1",
        "b.example": "hosts[0], defaults.yaml:2",
        "a.example": "hosts[1], defaults.yaml:2",
        "web": 'backend.image, production.yaml:4; labels["example.com/team"], production.yaml:6',
        "3": "backend.replicas, production.yaml:5",
    }

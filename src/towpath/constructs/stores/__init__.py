"""Stores as constructs: one class an engine, with a mode that settings choose."""

from towpath.constructs.stores.elasticsearch import Elasticsearch
from towpath.constructs.stores.mongodb import MongoDB
from towpath.constructs.stores.objects import ObjectStorage
from towpath.constructs.stores.postgresql import PostgreSQL
from towpath.constructs.stores.redis import Redis

__all__ = ["Elasticsearch", "MongoDB", "ObjectStorage", "PostgreSQL", "Redis"]

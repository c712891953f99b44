"""The construct library: what charts are written with. Its parts are cdk8s constructs and work beside any other."""

from towpath.constructs.arguments import volume_of
from towpath.constructs.configuration import Configuration, Secret
from towpath.constructs.edge import Edge, Route
from towpath.constructs.include import Include
from towpath.constructs.keycloak import Keycloak
from towpath.constructs.kube_object import KubeObject
from towpath.constructs.locations import Location, Rate, Server
from towpath.constructs.platform import Platform, Target
from towpath.constructs.proxy import Proxy
from towpath.constructs.stores import Elasticsearch, MongoDB, ObjectStorage, PostgreSQL, Redis
from towpath.constructs.workload import Job, Workload
from towpath.images.symbol import Form, ImageSymbol
from towpath.specs.operated import Database
from towpath.specs.parts import StoreMode
from towpath.specs.values import (
    ConfigKey,
    Egress,
    EnvironmentValue,
    FieldPath,
    Port,
    Probe,
    Resources,
    SecretKey,
    Storage,
    User,
    Volume,
    Writable,
)

__all__ = [
    "ConfigKey",
    "Configuration",
    "Database",
    "Edge",
    "Egress",
    "Elasticsearch",
    "EnvironmentValue",
    "FieldPath",
    "Form",
    "ImageSymbol",
    "Include",
    "Job",
    "Keycloak",
    "KubeObject",
    "Location",
    "MongoDB",
    "ObjectStorage",
    "Platform",
    "Port",
    "PostgreSQL",
    "Probe",
    "Proxy",
    "Rate",
    "Redis",
    "Resources",
    "Route",
    "Secret",
    "SecretKey",
    "Server",
    "Storage",
    "StoreMode",
    "Target",
    "User",
    "Volume",
    "Workload",
    "Writable",
    "volume_of",
]

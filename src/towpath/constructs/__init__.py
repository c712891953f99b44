"""The construct library: what charts are written with. Its parts are cdk8s constructs and work beside any other."""

from towpath.constructs.configuration import Configuration, Secret
from towpath.constructs.edge import Edge, Route
from towpath.constructs.include import Include
from towpath.constructs.kube_object import KubeObject
from towpath.constructs.platform import Platform, Target
from towpath.constructs.stores import MongoDB, ObjectStorage, Redis
from towpath.constructs.workload import Job, Workload
from towpath.images.symbol import Form, ImageSymbol
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
    Writable,
)

__all__ = [
    "ConfigKey",
    "Configuration",
    "Edge",
    "Egress",
    "EnvironmentValue",
    "FieldPath",
    "Form",
    "ImageSymbol",
    "Include",
    "Job",
    "KubeObject",
    "MongoDB",
    "ObjectStorage",
    "Platform",
    "Port",
    "Probe",
    "Redis",
    "Resources",
    "Route",
    "Secret",
    "SecretKey",
    "Storage",
    "StoreMode",
    "Target",
    "User",
    "Workload",
    "Writable",
]

"""To be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.kubernetes.operators.pods import OperatedPods
    from towpath.specs.operated import KeycloakServers
    from towpath.specs.parts import StoreSpec


def keycloak_pods(store: StoreSpec, operated: KeycloakServers) -> OperatedPods:
    """Return what is known of the pods."""
    raise NotImplementedError


def keycloak_objects(store: StoreSpec, operated: KeycloakServers, context: Context) -> list[Body]:
    """Return the custom resources."""
    raise NotImplementedError

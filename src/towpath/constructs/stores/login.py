"""A user's name and password in one Secret, in the form that operators read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.kube_object import declared_at
from towpath.errors import refuse
from towpath.specs.parts import SecretSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.constructs.part import Part
    from towpath.specs.values import SecretKey


def login_secret(
    part: Part, name: str, username: str, password: SecretKey, *, labels: Mapping[str, str] | None = None
) -> str:
    """Add a Secret of type `kubernetes.io/basic-auth` to the part that needs it; return its name.

    Raises:
        TowpathError: where the password is not in the secret store: a generated one stands in its own Secret alone.

    """
    kept = next((each for each in part.platform.spec.secrets if each.name == password.secret), None)
    if kept is None or password.key not in kept.keys:
        raise refuse(
            f"{part.node.id}: the operator needs the password of {username} from the secret store, and "
            f"{password.secret}/{password.key} is generated",
            place=declared_at(),
            expected="a reference <key>#<property> into the secret store",
            remedy="put the password into the secret store, or choose mode bundled",
            rule="construct.secret-generated",
        )
    login = SecretSpec(
        name=name,
        keys={"password": kept.keys[password.key]},
        store=kept.store,
        store_kind=kept.store_kind,
        type="kubernetes.io/basic-auth",
        literals={"username": username},
        labels=dict(labels or {}),
    )
    part.platform.add_part(part, login, beside=True)
    return name

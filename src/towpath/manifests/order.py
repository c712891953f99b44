"""The canonical form of a manifest: JSON values only, with fields in the order in which people write them.

The order is a function of the manifest alone, never of the order in which a chart set its fields, so equal objects
give equal bytes, and reading a file and writing it again changes nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from towpath.errors import Place, refuse
from towpath.images.symbol import ImageSymbol

# Fields in the order of a hand-written manifest; what is not listed follows in alphabetical order.
_WRITTEN_ORDER = """
group apiVersion kind metadata
name namespace labels annotations ownerReferences finalizers
type provisioner immutable
secretKey remoteRef key property
repoURL targetRevision
host path pathType backend service
version resource
description
replicas minReplicas maxReplicas scaleTargetRef
minReadySeconds revisionHistoryLimit progressDeadlineSeconds
schedule timeZone concurrencyPolicy suspend startingDeadlineSeconds successfulJobsHistoryLimit failedJobsHistoryLimit
serviceName podManagementPolicy selector strategy updateStrategy
backoffLimit completions parallelism activeDeadlineSeconds ttlSecondsAfterFinished jobTemplate
template volumeClaimTemplates persistentVolumeClaimRetentionPolicy
image imagePullPolicy command args workingDir
serviceAccountName automountServiceAccountToken enableServiceLinks imagePullSecrets restartPolicy
terminationGracePeriodSeconds hostname subdomain nodeSelector affinity tolerations topologySpreadConstraints
priorityClassName runtimeClassName
runAsNonRoot runAsUser runAsGroup fsGroup fsGroupChangePolicy seccompProfile
allowPrivilegeEscalation privileged readOnlyRootFilesystem capabilities
initContainers containers ephemeralContainers
namespaceSelector podSelector ipBlock policyTypes from to cidr except
ports envFrom env resources
startupProbe livenessProbe readinessProbe lifecycle
httpGet tcpSocket exec
initialDelaySeconds periodSeconds timeoutSeconds successThreshold failureThreshold
containerPort port targetPort nodePort protocol number
volumeMounts securityContext volumes mountPath subPath readOnly
configMapRef secretRef configMapKeyRef secretKeyRef fieldRef value valueFrom
requests limits
accessModes storageClassName
ingress egress
ingressClassName tls hosts secretName rules http paths
maxSkew topologyKey whenUnsatisfiable labelSelector
minAvailable maxUnavailable maxSurge
project source sources destination server directory recurse
sourceRepos destinations syncPolicy automated prune selfHeal syncOptions retry limit backoff duration factor
refreshInterval secretStoreRef target creationPolicy deletionPolicy
rules verbs apiGroups roleRef subjects
data stringData binaryData spec status
""".split()  # noqa: SIM905 -- a list of a hundred quoted words could not be read as an order
_RANK = {field: rank for rank, field in reversed(list(enumerate(_WRITTEN_ORDER)))}
_LAST = len(_WRITTEN_ORDER)

# Fields whose keys people choose: alphabetical, whatever the keys are.
_CHOSEN_KEYS = frozenset(
    {
        "labels",
        "annotations",
        "matchLabels",
        "nodeSelector",
        "data",
        "stringData",
        "binaryData",
        "requests",
        "limits",
        "hard",
    }
)

# Whatever an object calls its own fields, it starts with what it is.
_FIRST = {"apiVersion": 0, "kind": 1, "metadata": 2}

_sorted_by_rank: dict[tuple[str, ...], tuple[str, ...]] = {}


def _rank(field: str) -> tuple[int, str]:
    return _RANK.get(field, _LAST), field


def canonical(manifest: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the manifest in its canonical form.

    `place` is where the object was declared; it stands in the errors for values that JSON does not have. Explicit
    nulls are kept, in maps as in lists (c11): in server-side apply they mean something.
    """
    _require_text(tuple(manifest), place, ())
    fields = sorted(manifest, key=lambda field: (_FIRST.get(field, len(_FIRST)), *_rank(field)))
    return {field: _value(manifest[field], field, place, (field,)) for field in fields}


def _value(value: Any, parent: str, place: Place, path: tuple[str | int, ...]) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        fields = tuple(value)
        if parent in _CHOSEN_KEYS:
            _require_text(fields, place, path)
            ordered = tuple(sorted(fields))
        else:
            try:
                ordered = _sorted_by_rank[fields]
            except KeyError:
                _require_text(fields, place, path)
                ordered = _sorted_by_rank[fields] = tuple(sorted(fields, key=_rank))
        return {field: _value(value[field], field, place, (*path, field)) for field in ordered}
    if kind is list or kind is tuple:
        return [_value(item, "", place, (*path, index)) for index, item in enumerate(value)]
    if kind is float:
        return value
    return _foreign(value, parent, place, path)


def _foreign(value: Any, parent: str, place: Place, path: tuple[str | int, ...]) -> Any:
    """Turn what charts hold into JSON: symbols, enumerations, and subclasses of the plain types."""
    if isinstance(value, ImageSymbol):
        return str(value)
    if isinstance(value, Enum):
        return _value(value.value, parent, place, path)
    for plain in (str, int, float):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, dict):
        return _value(dict(value), parent, place, path)
    if isinstance(value, (list, tuple)):
        return _value(list(value), parent, place, path)
    if isinstance(value, (set, frozenset)):
        raise refuse(
            f"{path_text(path)} is a set, which has no order",
            place=place,
            expected="a list or a tuple",
            remedy="write sorted(...) around it",
            rule="manifest.set",
        )
    raise refuse(
        f"{path_text(path)} is a {type(value).__name__}, which a manifest cannot hold",
        place=place,
        expected="text, a number, true, false, null, a list or a dictionary",
        remedy="turn it into text or a number in the chart",
        rule="manifest.type",
    )


def _require_text(fields: tuple[Any, ...], place: Place, path: tuple[str | int, ...]) -> None:
    for field in fields:
        if type(field) is not str:
            raise refuse(
                f"{path_text(path) or 'the object'} has the key {field!r}, a {type(field).__name__}",
                place=place,
                expected="keys that are text",
                remedy="put the key in quotes",
                rule="manifest.key-type",
            )


def path_text(path: tuple[str | int, ...]) -> str:
    """Return a field path as people write it: `spec.template.spec.containers[0].image`."""
    text = ""
    for part in path:
        if isinstance(part, int) or "." in part or "/" in part:
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text

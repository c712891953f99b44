"""Rules over rendered manifests as plain functions: manifests in, faults out, however the manifests were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kubernetes.operated import made_by_operators
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.manifests.kinds import pod_spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Body = dict[str, Any]

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
# cert-manager starts them in the platform's namespace for the time of a challenge.
_PODS_OF_OTHERS = {("acme.cert-manager.io/http01-solver", "true")}
# Those that `restricted` takes for safe.
_SYSCTLS = frozenset({"net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies"})
_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)


def read_rendering(folder: Path) -> list[Body]:
    """Return the manifests of a folder of `dist/`, in the order of their files."""
    return [
        plain(node)
        for file in sorted(folder.glob("**/*.yaml"))
        for node in read_all(file.read_bytes(), file.name, Dialect.KUBERNETES)
    ]


def name_of(manifest: Body) -> str:
    """Return kind and name."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def pod_security_faults(manifest: Body) -> list[str]:
    """Return what Pod Security `restricted` would refuse about the pods of a manifest, an operator's among them."""
    own: Any = pod_spec_of(manifest)
    templates = [each["spec"] for made in made_by_operators([manifest]) for each in made.templates]
    pods = [*([own] if own else []), *templates]
    return [fault for pod in pods for fault in _pod_faults(pod)]


def _pod_faults(pod: Body) -> list[str]:
    faults = [field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    faults += [
        f"volume {each['name']}"
        for each in pod.get("volumes", [])
        if not (each.keys() - {"name"}) <= _VOLUMES
    ]
    shared = pod.get("securityContext", {})
    faults += [f"sysctl {each['name']}" for each in shared.get("sysctls", []) if each["name"] not in _SYSCTLS]
    for container in (each for field in _CONTAINERS for each in pod.get(field, [])):
        own = container.get("securityContext", {})
        faults += [
            f"{container['name']}: {fault}" for fault in _container_faults(container, own, {**shared, **own})
        ]
    return faults


def _container_faults(container: Body, own: Body, effective: Body) -> Iterator[str]:
    if effective.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if effective.get("runAsUser") == 0:
        yield "runAsUser"
    if effective.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "seccompProfile"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if own.get("privileged"):
        yield "privileged"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities.drop"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities.add"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort"
    for profile in ("appArmorProfile", "windowsOptions"):
        if effective.get(profile, {}).get("type") == "Unconfined" or effective.get(profile, {}).get(
            "hostProcess"
        ):
            yield profile


def flows(manifests: Sequence[Body], direction: str) -> set[tuple[str, str, int]]:
    """Return (source, target, port) of every flow between pods that the policies allow in one direction's rules.

    Sources and targets are component labels. Rules with a namespace selector or an IP range lead outside of the
    rendering and are left out; a rule without ports counts as port 0, which means all.
    """
    found = set()
    operated = made_by_operators(manifests)

    def component(selector: Body) -> str:
        labels = selector.get("matchLabels", {})
        named = (each.component for each in operated if labels and labels.items() <= each.labels.items())
        return str(labels.get("app.kubernetes.io/component") or next(named, ""))

    for policy in (each for each in manifests if each["kind"] == "NetworkPolicy"):
        here = component(policy["spec"]["podSelector"])
        for rule in policy["spec"].get(direction, []):
            for peer in rule["from" if direction == "ingress" else "to"]:
                if peer.keys() != {"podSelector"}:
                    continue
                there = component(peer["podSelector"])
                pair = (there, here) if direction == "ingress" else (here, there)
                found |= {(*pair, port["port"]) for port in rule.get("ports") or [{"port": 0}]}
    return found


def _component(selector: Body) -> str:
    return str(selector.get("matchLabels", {}).get("app.kubernetes.io/component", ""))


class References:
    """Every reference between the manifests of one rendering, and whether it resolves inside of it (P27)."""

    def __init__(self, manifests: Sequence[Body]) -> None:
        self._manifests = manifests
        self._names = {(each["kind"], each["metadata"]["name"]) for each in manifests}
        self._operated = made_by_operators(manifests)
        self._pods = {
            name_of(each): (_template_labels(each), pod)
            for each in manifests
            if (pod := pod_spec_of(each)) is not None
        }

    def dangling(self) -> list[str]:
        """Return each reference that leads nowhere: who refers, and to what."""
        found = []
        for manifest in self._manifests:
            check = getattr(self, f"_{manifest['kind'].lower()}", None)
            found += [f"{name_of(manifest)}: {fault}" for fault in (check(manifest) if check else ())]
            if name_of(manifest) in self._pods:
                found += [f"{name_of(manifest)}: {fault}" for fault in self._pod(manifest)]
            for name in _pull_secrets(manifest):
                faults = self._keys("Secret", name, ".dockerconfigjson")
                found += [f"{name_of(manifest)}: {fault}" for fault in faults]
        return found

    def _needs(self, kind: str, name: str) -> Iterator[str]:
        if (kind, name) not in self._names:
            yield f"{kind} {name}"

    def _keys(self, kind: str, name: str, key: str) -> Iterator[str]:
        if kind == "Secret" and any(key in each.secrets.get(name, ()) for each in self._operated):
            return
        for each in self._manifests:
            if (
                kind == "Secret"
                and each["kind"] == "ExternalSecret"
                and each["spec"]["target"]["name"] == name
            ):
                if key not in _keys_of(each):
                    yield f"{kind} {name} key {key}"
                return
            if (each["kind"], each["metadata"]["name"]) == (kind, name):
                if key not in each.get("data", {}):
                    yield f"{kind} {name} key {key}"
                return
        yield f"{kind} {name}"

    def _selected(self, labels: Body) -> list[Any]:
        every = [*self._pods.values(), *((each.labels, each.pod) for each in self._operated)]
        return [pod for found, pod in every if labels and labels.items() <= found.items()]

    def _pod(self, manifest: Body) -> Iterator[str]:
        labels, pod = self._pods[name_of(manifest)]
        selector = manifest["spec"].get("selector", {}).get("matchLabels", {})
        if not selector.items() <= labels.items():
            yield "its own selector"
        for spread in pod.get("topologySpreadConstraints", []):
            if not spread["labelSelector"]["matchLabels"].items() <= labels.items():
                yield "the selector of its spread"
        yield from self._needs("ServiceAccount", pod["serviceAccountName"])
        claims = {each["metadata"]["name"] for each in manifest["spec"].get("volumeClaimTemplates", [])}
        volumes = claims | {each["name"] for each in pod.get("volumes", [])}
        for volume in pod.get("volumes", []):
            if "configMap" in volume:
                yield from self._needs("ConfigMap", volume["configMap"]["name"])
            for item in volume.get("secret", {}).get("items", []):
                yield from self._keys("Secret", volume["secret"]["secretName"], item["key"])
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            yield from self._container(container, volumes)

    def _container(self, container: Body, volumes: set[str]) -> Iterator[str]:
        ports = {port["name"] for port in container.get("ports", [])}
        yield from (
            f"volume {each['name']}"
            for each in container.get("volumeMounts", [])
            if each["name"] not in volumes
        )
        for source in container.get("envFrom", []):
            yield from self._needs("ConfigMap", source["configMapRef"]["name"])
        for variable in container.get("env", []):
            for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if field in variable.get("valueFrom", {}):
                    reference = variable["valueFrom"][field]
                    yield from self._keys(kind, reference["name"], reference["key"])
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            for asked in ("httpGet", "tcpSocket"):
                port = container.get(probe, {}).get(asked, {}).get("port")
                if isinstance(port, str) and port not in ports:
                    yield f"port {port} of its {probe}"

    def _service(self, manifest: Body) -> Iterator[str]:
        pods = self._selected(manifest["spec"]["selector"])
        if not pods:
            yield "pods"
        for port in manifest["spec"]["ports"]:
            for pod in pods:
                if port["targetPort"] not in _ports(pod):
                    yield f"port {port['targetPort']}"

    def _statefulset(self, manifest: Body) -> Iterator[str]:
        yield from self._needs("Service", manifest["spec"]["serviceName"])

    def _rolebinding(self, manifest: Body) -> Iterator[str]:
        yield from self._needs(manifest["roleRef"]["kind"], manifest["roleRef"]["name"])
        for subject in manifest["subjects"]:
            yield from self._needs(subject["kind"], subject["name"])

    def _mongodbcommunity(self, manifest: Body) -> Iterator[str]:
        spec = manifest["spec"]
        yield from self._needs(
            "ServiceAccount", spec["statefulSet"]["spec"]["template"]["spec"]["serviceAccountName"]
        )
        for user in spec["users"]:
            yield from self._keys(
                "Secret", user["passwordSecretRef"]["name"], user["passwordSecretRef"]["key"]
            )

    def _keycloak(self, manifest: Body) -> Iterator[str]:
        spec = manifest["spec"]
        for reference in (spec["db"]["usernameSecret"], spec["db"]["passwordSecret"]):
            yield from self._keys("Secret", reference["name"], reference["key"])
        for key in ("username", "password"):
            yield from self._keys("Secret", spec["bootstrapAdmin"]["user"]["secret"], key)

    def _keycloakrealmimport(self, manifest: Body) -> Iterator[str]:
        spec = manifest["spec"]
        given = spec.get("placeholders", {})
        yield from self._needs("Keycloak", spec["keycloakCRName"])
        for each in given.values():
            yield from self._keys("Secret", each["secret"]["name"], each["secret"]["key"])
        asked = {each["secret"] for each in spec["realm"]["clients"] if "secret" in each}
        yield from (f"placeholder {name}" for name in sorted(asked - {f"${{{each}}}" for each in given}))

    def _ingress(self, manifest: Body) -> Iterator[str]:
        operated = {name: ports for each in self._operated for name, ports in each.services.items()}
        for rule in manifest["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                wanted = path["backend"]["service"]
                services = [
                    {port["port"] for port in each["spec"]["ports"]}
                    for each in self._manifests
                    if (each["kind"], each["metadata"]["name"]) == ("Service", wanted["name"])
                ]
                services += [set(operated[wanted["name"]])] if wanted["name"] in operated else []
                if not services:
                    yield f"Service {wanted['name']}"
                for ports in services:
                    if wanted["port"]["number"] not in ports:
                        yield f"Service {wanted['name']} port {wanted['port']['number']}"

    def _horizontalpodautoscaler(self, manifest: Body) -> Iterator[str]:
        target = manifest["spec"]["scaleTargetRef"]
        yield from self._needs(target["kind"], target["name"])

    def _poddisruptionbudget(self, manifest: Body) -> Iterator[str]:
        if not self._selected(manifest["spec"]["selector"]["matchLabels"]):
            yield "pods"

    def _networkpolicy(self, manifest: Body) -> Iterator[str]:
        own = manifest["spec"]["podSelector"].get("matchLabels", {})
        if own and not own.items() & _PODS_OF_OTHERS and not self._selected(own):
            yield "pods"
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in manifest["spec"].get(direction, []):
                for peer in (each for each in rule[peers] if each.keys() == {"podSelector"}):
                    there = self._selected(peer["podSelector"]["matchLabels"])
                    listening = there if direction == "egress" else self._selected(own)
                    if not there:
                        yield f"pods {_component(peer['podSelector'])}"
                    # One label may stand for pods of two kinds, as that of a database for its pools.
                    heard = {port for pod in listening for port in _ports(pod)}
                    yield from (
                        f"port {each['port']}"
                        for each in rule["ports"]
                        if listening and each["port"] not in heard
                    )


def _keys_of(external: Body) -> set[str]:
    """Return the keys of the Secret that an ExternalSecret makes: fetched, plain, or generated."""
    spec = external["spec"]
    generated = {
        rule["regexp"]["target"] for source in spec.get("dataFrom", []) for rule in source.get("rewrite", [])
    }
    fetched = {item["secretKey"] for item in spec.get("data", [])}
    return generated | fetched | set(spec["target"].get("template", {}).get("data", {}))


def _pull_secrets(value: Any) -> Iterator[str]:
    """Yield the Secrets by which the pods of an object or an account pull their images, wherever it says so."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "imagePullSecrets":
            yield from (each["name"] for each in item)
        elif isinstance(item, dict | list):
            yield from _pull_secrets(item)


def _template_labels(manifest: Body) -> Body:
    labels: Body = manifest["spec"].get("template", manifest)["metadata"]["labels"]
    return labels


def _ports(pod: Any) -> set[object]:
    """Return the ports that a pod's containers listen on, by name and by number."""
    ports: Iterable[Body] = (port for each in pod["containers"] for port in each.get("ports", []))
    return {value for port in ports for value in (port["name"], port["containerPort"])}

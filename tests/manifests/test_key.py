"""The identity of an object, from its body and from the first lines of its file."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.documents.emitter import emit
from towpath.errors import NOWHERE
from towpath.manifests.key import ManifestKey, key_in, key_of
from towpath.manifests.order import canonical


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "b"}}, id="core"
        ),
        pytest.param(
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}, id="no-namespace"
        ),
        pytest.param(
            {"apiVersion": "x.io/v1", "kind": "Off", "metadata": {"name": "012", "namespace": "1e3"}},
            id="words-that-stand-in-quotes",
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "Role", "metadata": {"name": 'system:"node"\\'}},
            id="quotes-in-a-name",
        ),
        pytest.param(
            {
                "apiVersion": "x.io/v1",
                "kind": "Team",
                "group": "a",
                "metadata": {"annotations": {"namespace": "wrong"}, "labels": {"name": "wrong"}, "name": "a"},
                "namespace": "wrong",
            },
            id="the-same-words-elsewhere",
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "A", "metadata": {"kind": "x", "namespace": "n", "name": "a"}},
            id="other-fields-before",
        ),
    ],
)
def test_the_first_lines_say_it(manifest: dict[str, Any]) -> None:
    """What is read from the canonical text is what the body says."""
    text = emit(canonical(manifest, NOWHERE))
    assert key_in(text.encode()) == key_of(manifest)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\n\n\n", id="binary"),
        pytest.param(b'<<<<<<< ours\n"\n=======', id="merge-conflict"),
    ],
)
def test_a_damaged_file_is_no_error(data: bytes) -> None:
    """Verification says what is wrong with it; here it is an object without a name."""
    assert key_in(data).name == ""
    assert isinstance(key_in(data), ManifestKey)

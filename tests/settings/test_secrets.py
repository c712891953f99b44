"""What is taken for a secret, by its name and by its text."""

from __future__ import annotations

import pytest

from towpath.settings.secrets import credential_in, holds_secret, mentions_secret


@pytest.mark.parametrize(
    ("name", "holds", "mentions"),
    [
        pytest.param("password", True, True, id="password"),
        pytest.param("redis_password", True, True, id="snake-case"),
        pytest.param("refreshToken", True, True, id="camel-case"),
        pytest.param("JWT_SECRET", True, True, id="variable"),
        pytest.param("apiKey", True, True, id="api-key"),
        pytest.param("aws_access_key", True, True, id="access-key"),
        pytest.param("smtp_pass", True, True, id="pass"),
        pytest.param("secrets", True, True, id="plural"),
        pytest.param("key", False, True, id="key-alone"),
        pytest.param("public_key", False, True, id="public-key"),
        pytest.param("NEXT_PUBLIC_MAPS_KEY", False, True, id="public-variable"),
        pytest.param("secret_store", False, True, id="store"),
        pytest.param("token_lifetime", False, True, id="lifetime"),
        pytest.param("monkey", False, False, id="inside-a-word"),
        pytest.param("replicas", False, False, id="harmless"),
        pytest.param("", False, False, id="empty"),
    ],
)
def test_names(name: str, *, holds: bool, mentions: bool) -> None:
    """A name speaks of a secret by whole words; what it is the last word of, it holds."""
    assert holds_secret(name) is holds
    assert mentions_secret(name) is mentions


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("postgresql://app:hunter2@db:5432/app", "a URL with a password", id="url"),
        pytest.param("see redis://:hunter2@cache please", "a URL with a password", id="url-in-text"),
        pytest.param("redis://:hun/ter2@cache", "a URL with a password", id="url-password-with-slash"),
        pytest.param("mongodb+srv://u:p@cluster.example.com", "a URL with a password", id="url-plus"),
        pytest.param("https://abcdef@github.com/x/y", "a URL with a login", id="url-token-as-user"),
        pytest.param("https://x.example.com/?api_key=abc", "a password", id="parameter"),
        pytest.param("Host=db;Password=hunter2;", "a password", id="connection-string"),
        pytest.param("ghp_" + "a1" * 18, "a GitHub token", id="github"),
        pytest.param("github_pat_" + "a1" * 20, "a GitHub token", id="github-fine-grained"),
        pytest.param("glpat-" + "a1" * 10, "a GitLab token", id="gitlab"),
        pytest.param("AKIA" + "A1" * 8, "an AWS access key", id="aws"),
        pytest.param("AIza" + "a1b2c" * 7, "a Google API key", id="google"),
        pytest.param("xoxb-" + "1234567890", "a Slack token", id="slack"),
        pytest.param("sk_live_" + "a1" * 10, "a Stripe key", id="stripe"),
        pytest.param("SG." + "a1" * 10 + "." + "b2" * 10, "a SendGrid key", id="sendgrid"),
        pytest.param("npm_" + "a1" * 18, "an npm token", id="npm"),
        pytest.param("pypi-AgE" + "a1" * 16, "a PyPI token", id="pypi"),
        pytest.param("dckr_pat_" + "a1" * 12, "a Docker Hub token", id="docker"),
        pytest.param("hvs." + "a1" * 12, "a Vault token", id="vault"),
        pytest.param("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "a JSON web token", id="jwt"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nMII\n", "a private key", id="pem"),
        pytest.param("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key", id="openssh"),
        pytest.param("AGE-SECRET-KEY-1" + "A1" * 12, "a private key", id="age"),
        pytest.param("https://example.com/@user", "", id="at-in-path"),
        pytest.param("http://host:8080/x@y", "", id="port-is-no-password"),
        pytest.param("redis://:$(REDIS_PASSWORD)@cache:6379", "", id="placeholder"),
        pytest.param("git@github.com:example/x.git", "", id="ssh"),
        pytest.param("-----BEGIN CERTIFICATE-----", "", id="certificate"),
        pytest.param("app#jwt-secret", "", id="reference"),
        pytest.param("sha256:" + "0" * 64, "", id="digest"),
        pytest.param("", "", id="empty"),
    ],
)
def test_credentials(text: str, kind: str) -> None:
    """Text that looks like a credential is recognised, and named by its kind."""
    assert credential_in(text) == kind

# SPDX-License-Identifier: Apache-2.0
"""Tokens of a real OpenID provider (Glewlwyd): looked at by its keys, and asked about (RFC 7662)."""
import base64
import gzip
import imaplib
import json
import re
import shutil
import sqlite3
import ssl
import subprocess
from pathlib import Path

import pytest

from network import inside
from patience import PATIENCE, until
from sources import HOST, Host

SETTINGS, TABLES = Path("/etc/glewlwyd/glewlwyd.conf"), Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
PORT = 4593
ISSUER = f"https://{HOST}:{PORT}/api/oidc"
CLIENT, SECRET = "reader", "the-secret-of-readers"


class Provider:
    def __init__(self, host, domain):
        self.host, self.domain = host, domain
        self.folder = host.folder / "glewlwyd"
        self.folder.mkdir()
        database = sqlite3.connect(self.folder / "db")
        database.executescript(gzip.decompress(TABLES.read_bytes()).decode())
        database.close()
        settings = SETTINGS.read_text()
        for key, value in {"port": PORT, "external_url": f'"https://{HOST}:{PORT}/"', "log_mode": '"console"',
                           "use_secure_connection": "true", "secure_connection_key_file": f'"{host.key}"',
                           "secure_connection_pem_file": f'"{host.certificate}"',
                           "secure_connection_ca_file": f'"{host.certificate}"'}.items():
            settings = re.sub(rf"^{key} *=.*$", f"{key}={value}", settings, flags=re.M)
        settings = re.sub(r"^@include.*$", f'database = {{ type = "sqlite3"; path = "{self.folder}/db"; }};', settings,
                          flags=re.M)
        (self.folder / "conf").write_text(settings)
        self.program = host.start("glewlwyd", "glewlwyd", "-c", self.folder / "conf")
        until(lambda: self.curl("auth/", {"username": "admin", "password": "password"}, tries=True) is not None,
              "the provider answers")
        key = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                             capture_output=True, text=True, check=True).stdout
        public = subprocess.run(["openssl", "pkey", "-pubout"], input=key, capture_output=True, text=True, check=True).stdout
        self.curl("mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "tokens", "parameters": {
            "iss": ISSUER, "jwt-type": "rsa", "jwt-key-size": "256", "key": key, "cert": public, "subject-type": "public",
            "access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 600, "allow-non-oidc": True,
            "auth-type-code-enabled": True, "auth-type-password-enabled": True, "auth-type-client-enabled": True,
            "scope": [], "claims": [], "jwks-show": True, "introspection-revocation-allowed": True,
            "introspection-revocation-allow-target-client": True, "introspection-revocation-auth-scope": [],
            "additional-parameters": [{"user-parameter": "email", "token-parameter": "email", "token-changed": False}]}})
        for scope in ("imap", "web"):
            self.curl("scope/", {"name": scope, "display_name": scope, "password_required": False, "scheme": {}})
        self.curl("user/", {"username": "alice", "password": "wonderland", "name": "Alice", "email": f"alice@{domain}",
                            "enabled": True, "scope": ["imap", "web"]})
        self.curl("client/", {"client_id": CLIENT, "name": CLIENT, "confidential": True, "enabled": True, "password": SECRET,
                              "redirect_uri": ["https://reader.test/"], "scope": ["imap", "web"],
                              "authorization_type": ["code", "password", "client_credentials"],
                              "token_endpoint_auth_method": ["client_secret_basic"]})

    def curl(self, path, body=None, form=(), tries=False):
        """What it answers; None: an error."""
        words = ["-d", json.dumps(body), "-H", "Content-Type: application/json"] if body else []
        words += [word for field in form for word in ("--data-urlencode", field)]
        words += ["-u", f"{CLIENT}:{SECRET}"] if form else ["-b", self.folder / "jar", "-c", self.folder / "jar"]
        done = subprocess.run(self.host.command("curl", "-sS", "--fail", "--cacert", self.host.certificate, *words,
                                                f"https://{HOST}:{PORT}/api/{path}"), capture_output=True, text=True,
                              timeout=PATIENCE)
        assert tries or done.returncode == 0, f"{path}: {done.stderr}"
        return done.stdout if done.returncode == 0 else None

    def token(self, scope="imap"):
        return json.loads(self.curl("oidc/token", form=["grant_type=password", "username=alice", "password=wonderland",
                                                        f"scope={scope}"]))["access_token"]

    def revoke(self, token):
        self.curl("oidc/revoke", form=[f"token={token}"])


@pytest.fixture
def provider(house):
    if not shutil.which("glewlwyd") or not TABLES.exists():
        pytest.skip("there is no Glewlwyd")
    host = Host(house.town)
    made = Provider(host, house.domain)
    yield made
    made.program.kill()
    house.town.network.remove_host(host.namespace)


def open_house(house, provider, **oauth):
    hosts = house.folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{provider.host.address} {HOST}\n")
    house.mounts.append(f"mount --bind {hosts} /etc/hosts")
    house.config["tls"] = {"certificate": provider.host.certificate, "key": provider.host.key}
    house.listen += [{"address": "0.0.0.0:993", "protocol": "imap", "tls": "implicit"}]
    house.config["login"] = {"default_domain": house.domain, "failure_delay": "1ms",
                             "failures_per_client": 100_000, "failures_per_account": 100_000}
    house.config["login.oauth"] = {"audiences": ["imap", CLIENT], "scopes": ["imap"], **oauth}
    house.start()
    house.add_user("alice")


def log_in(house, token, mechanism="OAUTHBEARER"):
    """Whether the token opens alice's mailbox; or what IMAP says."""
    trust = ssl.create_default_context(cafile=house.config["tls"]["certificate"])
    trust.check_hostname = False
    user = f"alice@{house.domain}"
    first = f"n,a={user},\1auth=Bearer {token}\1\1" if mechanism == "OAUTHBEARER" else f"user={user}\1auth=Bearer {token}\1\1"
    with inside(house.town.desk):
        reader = imaplib.IMAP4_SSL(house.address, ssl_context=trust, timeout=PATIENCE)
    try:
        answers = iter([first.encode(), b"\1"])
        reader.authenticate(mechanism, lambda challenge: next(answers))
        return reader.select()[0] == "OK"
    except imaplib.IMAP4.error as error:
        return str(error)
    finally:
        reader.shutdown()


def test_tokens_are_looked_at_by_the_providers_keys(house, provider):
    keys = house.folder / "keys.json"
    keys.write_text(provider.curl("oidc/jwks"))
    open_house(house, provider, issuer=ISSUER, keys_file=keys)
    token = provider.token()
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        assert log_in(house, token, mechanism) is True
    assert "AUTHENTICATIONFAILED" in str(log_in(house, provider.token(scope="web")))
    header, claims, signature = token.split(".")
    other = json.loads(base64.urlsafe_b64decode(claims + "===")) | {"email": f"bob@{house.domain}"}
    claims = base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip("=")
    assert "AUTHENTICATIONFAILED" in str(log_in(house, f"{header}.{claims}.{signature}"))


def test_the_provider_is_asked_about_tokens_and_what_it_withdraws_counts_no_longer(house, provider):
    secret = house.folder / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    open_house(house, provider, introspection_url=f"{ISSUER}/introspect", introspection_client=CLIENT,
               introspection_secret_file=secret, ca_file=provider.host.certificate, user_claim="username")
    token = provider.token()
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        assert log_in(house, token, mechanism) is True
    assert "AUTHENTICATIONFAILED" in str(log_in(house, provider.token(scope="web")))
    assert "AUTHENTICATIONFAILED" in str(log_in(house, token[:-8] + "AAAAAAAA"))
    provider.revoke(token)
    assert "AUTHENTICATIONFAILED" in str(log_in(house, token))
    good = provider.token()
    provider.program.kill()
    assert "UNAVAILABLE" in str(log_in(house, good))

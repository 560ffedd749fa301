# SPDX-License-Identifier: Apache-2.0
"""Users with tickets of a real Kerberos realm, by curl, whose library of Kerberos is MIT's too."""
import os
import shutil
import subprocess

import pytest

from patience import PATIENCE, until

REALM = "REALM.TEST"
PATH = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Realm:
    """A key distribution centre at the desk, and what people there do with it."""

    def __init__(self, house):
        self.house, self.town, self.folder = house, house.town, house.folder / "realm"
        self.folder.mkdir()
        (self.folder / "krb5.conf").write_text(
            f"[libdefaults]\ndefault_realm = {REALM}\ndns_canonicalize_hostname = false\ndns_lookup_kdc = false\n"
            f"[realms]\n{REALM} = {{\n kdc = 127.0.0.1:88\n}}\n[domain_realm]\n.test = {REALM}\n")
        (self.folder / "kdc.conf").write_text(
            f"[kdcdefaults]\nkdc_ports = 88\nkdc_tcp_ports = 88\n[realms]\n{REALM} = {{\n database_name = {self.folder}/db\n"
            f" key_stash_file = {self.folder}/stash\n acl_file = {self.folder}/acl\n}}\n"
            f"[logging]\nkdc = FILE:{self.folder}/log\n")
        self.environment = {**PATH, "KRB5_CONFIG": str(self.folder / "krb5.conf"),
                            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"), "KRB5CCNAME": f"FILE:{self.folder}/tickets"}
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "of the realm")
        self.keytab = self.folder / "keytab"
        for service in ("imap", "pop"):
            self.administer(f"addprinc -randkey {service}/{house.name}", f"ktadd -k {self.keytab} {service}/{house.name}")
        self.keytab.chmod(0o600)
        for user in ("alice", "mallory"):
            self.administer(f"addprinc -pw wonder {user}")
        self.program = subprocess.Popen(self.at_desk("krb5kdc", "-n"), env=self.environment, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def at_desk(self, *words):
        return self.town.surroundings.command(self.town.desk, words)

    def run(self, *words, text="", tries=False):
        done = subprocess.run(self.at_desk(*map(str, words)), env=self.environment, input=text, text=True,
                              capture_output=True, timeout=PATIENCE)
        assert tries or done.returncode == 0, f"{words}: {done.stdout} {done.stderr}"
        return done

    def administer(self, *queries):
        for query in queries:
            self.run("kadmin.local", "-r", REALM, "-q", query)

    def take_ticket(self, user):
        until(lambda: self.run("kinit", user, text="wonder\n", tries=True).returncode == 0, f"a ticket for {user}")

    def curl(self, scheme, port, *words):
        """curl's exit code; 67: the login was refused."""
        name = self.house.name
        return self.run("curl", "-sS", "--resolve", f"{name}:{port}:{self.house.address}", "--login-options", "AUTH=GSSAPI",
                        "-u", ":", f"{scheme}://{name}/", *words, tries=True).returncode


@pytest.fixture
def realm(house):
    if not shutil.which("krb5kdc", path=PATH["PATH"]):
        pytest.skip("there is no krb5kdc")
    made = Realm(house)
    yield made
    made.program.kill()
    made.program.wait(PATIENCE)


def test_who_has_a_ticket_needs_no_password(house, realm):
    house.listen += [{"address": "0.0.0.0:143", "protocol": "imap"}]
    house.config["login"] = {"keytab": realm.keytab, "realm": REALM, "default_domain": house.domain, "failure_delay": "1ms",
                             "failures_per_client": 100_000, "failures_per_account": 100_000}
    house.start()
    house.add_user("alice")

    realm.take_ticket("alice")
    assert realm.curl("imap", 143) == 0
    assert realm.curl("imap", 143) == 0  # A second ticket's use is none of the first.
    assert realm.curl("pop3", 110) == 0
    assert "mechanism=GSSAPI tls=no" in house.log()
    assert f"event=login.ok user=alice@{house.domain}" in house.log()

    realm.take_ticket("mallory")  # has no mailbox
    assert realm.curl("imap", 143) == 67
    realm.run("kdestroy")
    assert realm.curl("imap", 143) != 0

    # The service gets another key: tickets for the old one count no longer, and new ones do.
    realm.take_ticket("alice")
    realm.administer(f"ktremove -k {realm.keytab} imap/{house.name} all")
    until(lambda: realm.curl("imap", 143) == 67, "the old keys are forgotten")
    realm.administer(f"ktadd -k {realm.keytab} imap/{house.name}")
    realm.take_ticket("alice")
    until(lambda: realm.curl("imap", 143) == 0, "the new keys are in force")


def test_a_keytab_that_is_none_is_refused_at_the_start(house, tmp_path):
    keytab = tmp_path / "keytab"
    keytab.write_text("not a keytab")
    house.config["login"] = {"keytab": keytab, "realm": REALM}
    house.write_config()
    code, said = house.run_to_its_end()
    assert code == 78 and "login.keytab" in "".join(said)

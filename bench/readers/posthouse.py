# SPDX-License-Identifier: Apache-2.0
"""Posthouse with its defaults, but for limits that the loads would meet."""
import subprocess

from system.accounting import Group

from .server import PASSWORD, Server

CONFIGURATION = """\
hostname = "mx.bench.test"
data_dir = "{home}/data"
log_level = "{log_level}"
[domains."local.test"]
[tls]
certificate = "{certificate}"
key = "{key}"
[dns]
servers = ["127.0.0.1:9"]
[limits]
sessions = 60000
sessions_per_client = 30000
"""
LISTENERS = (("imap", "imap", "starttls"), ("imaps", "imap", "implicit"), ("pop3", "pop3", "starttls"),
             ("pop3s", "pop3", "implicit"), ("smtp", "smtp", "off"))


class Posthouse(Server):
    name = "Posthouse"

    def __init__(self, work, ports, binary, more=""):
        super().__init__(work / "posthouse", ports)
        self.binary, self.more = binary, more

    def login_name(self, name):
        return f"{name}@local.test"

    def start(self, filling=False):
        self.home.mkdir(parents=True, exist_ok=True)
        certificate, key = self.certificate()
        text = CONFIGURATION.format(home=self.home, certificate=certificate, key=key, log_level="warning") + self.more + "\n"
        for port, protocol, tls in LISTENERS:
            text += f'[[listen]]\naddress = "127.0.0.1:{self.ports[port]}"\nprotocol = "{protocol}"\ntls = "{tls}"\n'
            text += "plaintext_auth = true\n" if protocol != "smtp" else ""
        (self.home / "posthouse.toml").write_text(text)
        self.group = Group("posthouse")
        self.process = self.group.start([self.binary, "serve", "--config", self.home / "posthouse.toml"],
                                        stdout=open(self.home / "log", "a"), stderr=subprocess.STDOUT)
        self.wait_until_it_listens()
        self._add_users()

    def _add_users(self):
        """Each once: preparing a password takes a tenth of a second, of purpose."""
        known = set((self.home / "users").read_text().split()) if (self.home / "users").exists() else set()
        with open(self.home / "users", "a") as file:
            for name in self.users:
                if name not in known:
                    subprocess.run([self.binary, "user", "add", self.login_name(name), "--password-stdin", "--config",
                                    self.home / "posthouse.toml"], input=PASSWORD + "\n", text=True, check=True,
                                   stdout=subprocess.DEVNULL)
                    file.write(name + "\n")

    def stamp(self):
        return ""  # What an older build wrote, a newer one reads.

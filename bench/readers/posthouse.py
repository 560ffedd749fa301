# SPDX-License-Identifier: Apache-2.0
"""Posthouse with its defaults, but for limits that the loads would meet."""
import json
import subprocess
import time

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
    makes_text_index = True
    text_index = True

    def __init__(self, work, ports, binary, more=""):
        super().__init__(work / "posthouse", ports)
        self.binary, self.more = binary, more

    def login_name(self, name):
        return f"{name}@local.test"

    def start(self, filling=False):
        self.home.mkdir(parents=True, exist_ok=True)
        certificate, key = self.certificate()
        text = CONFIGURATION.format(home=self.home, certificate=certificate, key=key, log_level="warning") + self.more + "\n"
        if not self.text_index:
            text += "[mailboxes]\ntext_index = false\n"
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

    def restart_with_text_index(self, wanted):
        self.stop()
        self.text_index = wanted
        self.start()

    def make_text_index(self, name, patience=3600):
        """Anew, and waits until all letters are in it."""
        def index(*options):
            command = [self.binary, "mailbox", "index", *options, self.login_name(name), "--json", "--config", self.home / "posthouse.toml"]
            return json.loads(subprocess.run(command, text=True, check=True, capture_output=True).stdout)
        end = time.monotonic() + patience
        index("--rebuild")
        while (status := index("--status"))["state"] != "current":
            if time.monotonic() > end:
                raise TimeoutError(f"the index of {name}'s texts is not made: {status}")
            time.sleep(0.05)

    def stamp(self):
        return ""  # What an older build wrote, a newer one reads.

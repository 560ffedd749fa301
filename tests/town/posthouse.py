# SPDX-License-Identifier: Apache-2.0
"""A Posthouse of the town."""
import json
import os
import poplib
import re
import shlex
import signal
import subprocess
from pathlib import Path

from network import inside, ipv4_of
from patience import PATIENCE, until
from program import Program
from smtp_client import SmtpClient

BINARY = Path(os.environ.get("POSTHOUSE_BINARY", Path(__file__).parents[2] / "build/debug/posthouse")).resolve()
PASSWORD = "correct horse battery staple"
OPEN = "event=house.open "


def as_toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {as_toml(each)}" for key, each in value.items()) + " }"
    return '"' + str(value) + '"'


class Posthouse:
    """`domain` is its mail domain, mx.DOMAIN its name. What it is configured with stands in `config`, by section."""

    def __init__(self, town, domain, **sections):
        self.town = town
        self.domain = domain
        self.name = f"mx.{domain}"
        self.namespace, self.number = town.network.add_host(domain)
        self.address = ipv4_of(self.number)
        self.address6 = f"fd77::{self.number}"
        self.folder = town.folder / domain
        self.folder.mkdir()
        self.data = self.folder / "data"
        self.config_path = self.folder / "posthouse.toml"
        self.users = set()
        self.mounts = []
        self.program = None
        self.domains = {domain: {}}
        self.listen = [{"address": f"{anywhere}:25", "protocol": "smtp"} for anywhere in ("0.0.0.0", "[::]")]
        self.listen += [{"address": "0.0.0.0:110", "protocol": "pop3", "plaintext_auth": True}]
        self.config = {
            "": {"hostname": self.name, "data_dir": self.data, "log_level": "debug"},
            "dns": {"servers": [town.dns.address], "dnssec": False, "timeout": "4s"},
            "queue": {"retry_first": "1s", "retry_factor": 1.0, "retry_maximum": "1s", "connection_reuse": "1s"},
            "smtp": {"trusted_networks": ["127.0.0.0/8", f"{town.desk_address}/32"]},
            "process": {"gate_threads": 1, "sorter_workers": 1, "drain_seconds": 20},
        }
        self.sites = []  # [[tls.site]]
        self.milters = []  # In their order.
        for section, keys in sections.items():
            self.config.setdefault(section, {}).update(keys)

    # ---- running ----------------------------------------------------------------------------

    def write_config(self):
        lines = []
        for section, keys in self.config.items():
            lines += [f"[{section}]"] if section else []
            lines += [f"{key} = {as_toml(value)}" for key, value in keys.items()]
        for domain, keys in self.domains.items():
            lines += [f'[domains."{domain}"]', *(f"{key} = {as_toml(value)}" for key, value in keys.items())]
        for site in self.sites:
            lines += ["[[tls.site]]", *(f"{key} = {as_toml(value)}" for key, value in site.items())]
        for listener in self.listen:
            lines += ["[[listen]]", *(f"{key} = {as_toml(value)}" for key, value in listener.items())]
        for milter in self.milters:
            lines += ["[[milter]]", *(f"{key} = {as_toml(value)}" for key, value in milter.items())]
        self.config_path.write_text("\n".join(lines) + "\n")

    def command(self, *words):
        return self.town.surroundings.command(self.namespace, [BINARY, *words], self.mounts)

    def start(self):
        self.write_config()
        self.program = Program(self.command("serve", "--config", self.config_path),
                               self.town.logs / f"{self.domain}.log")
        self.town.programs.append(self.program)
        self.program.wait_until_said(OPEN)
        return self

    def run_to_its_end(self):
        """`posthouse serve` where it cannot start: its exit code and what it had to say about it."""
        done = subprocess.run(self.command("serve", "--config", self.config_path), capture_output=True, text=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL)
        (self.town.logs / f"{self.domain}.log").write_text(done.stderr + done.stdout)
        return done.returncode, [line for line in done.stderr.splitlines() if line.startswith("posthouse:")]

    def reload(self):
        """Until the new configuration, or the refusal to take it, is logged."""
        before = len(self.log())
        self.program.signal(signal.SIGHUP)
        return until(lambda: re.search(r"event=configuration\.(reloaded|refused).*", self.log()[before:]), "a reload")[0]

    def stop(self):
        return self.program.stop()

    def log(self):
        return self.program.log.read_text(errors="replace")

    def children(self):
        """The process id of each role's first process."""
        found = {}
        for task in Path(f"/proc/{self.program.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                role = re.search(r"--role\0([a-z]+)", Path(f"/proc/{pid}/cmdline").read_text())
                found.setdefault(role[1] if role else "?", int(pid))
        return found

    def write_table(self, name, text):
        """Of [tables], under that key; its file."""
        file = self.folder / name
        file.write_text(text)
        self.config.setdefault("tables", {})[name] = [file]
        return file

    # ---- what people do with it -------------------------------------------------------------

    def smtp(self, client=None, address=None):
        """As the desk, whom it trusts, or from another namespace."""
        return SmtpClient(client or self.town.desk, address or self.address)

    def ask(self, *words, standard_input=""):
        """The command line, as root on that host while the server runs; fails where it fails."""
        # In the server's own mount namespace: its data directory may be a mount.
        done = subprocess.run(["nsenter", "-t", str(self.program.pid), "-m", "-n", "--", BINARY, *words, "--config",
                               self.config_path], input=standard_input, text=True, capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0, f"posthouse {shlex.join(words)}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def add_user(self, name, domain=None):
        address = f"{name}@{domain or self.domain}"
        if address not in self.users:
            self.ask("user", "add", address, "--password-stdin", standard_input=PASSWORD + "\n")
            self.users.add(address)
        return address

    def submit(self, letter, sender, *recipients):
        with self.smtp() as client:
            client.hello()
            return client.send(letter, sender, *recipients)

    def queue(self):
        """The letters in it, as `posthouse queue list` tells of them."""
        return json.loads(self.ask("queue", "list", "--all", "--json"))["letters"]

    def pop3(self, user):
        with inside(self.town.desk):
            reader = poplib.POP3(self.address, 110, timeout=20)
        reader.user(user)
        reader.pass_(PASSWORD)
        return reader

    def letters_of(self, user, text=b""):
        """Whose text holds that, taken out of the mailbox of `user`."""
        poplib._MAXLINE = 1 << 20  # Long lines are legal here.
        reader = self.pop3(user)
        try:
            found = []
            for number in range(1, reader.stat()[0] + 1):
                _, lines, _ = reader.retr(number)
                letter = b"".join(line + b"\r\n" for line in lines)
                if text in letter:
                    found.append(letter)
                    reader.dele(number)
            return found
        finally:
            reader.quit()

    def arrived(self, letter, user="bob"):
        """The letter as it lies in that mailbox, taken out of it; it has to be there once."""
        return self._one(letter.token.encode(), user)

    def notification(self, about, user="alice"):
        """The failure notification about that letter or recipient."""
        text = self._one(about.encode(), user)
        assert text.startswith(b"Return-Path: <>\r\n") and b"Content-Type: multipart/report" in text, text
        return text.decode("utf-8", "replace")

    def _one(self, text, user):
        user = user if "@" in user else f"{user}@{self.domain}"
        found = until(lambda: self.letters_of(user, text) or None, f"a letter for {user} with {text}")
        assert len(found) == 1, f"{len(found)} of them"
        return found[0]

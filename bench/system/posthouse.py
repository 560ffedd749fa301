# SPDX-License-Identifier: Apache-2.0
"""Posthouse with a data directory of its own; the settings are its defaults but for where letters go."""
import math
import shutil
import subprocess
import time

from .accounting import Group

CONFIGURATION = """\
hostname = "mx.bench.test"
data_dir = "{data}"
[domains."local.test"]
[[listen]]
address = "127.0.0.1:{port}"
protocol = "smtp"
[[listen]]
address = "127.0.0.1:{pop3}"
protocol = "pop3"
plaintext_auth = true
[dns]
servers = ["127.0.0.1:9"]
[outbound]
smart_host = "[127.0.0.1]:{sink}"
hold = {hold}
tls = "off"
[limits]
sessions_per_client = {sessions}
"""
PASSWORD = "bench password"


class Posthouse:
    name = "Posthouse"

    def __init__(self, binary, work, port, pop3):
        self.binary, self.port, self.pop3 = binary, port, pop3
        self.home = work / "posthouse"
        self.group = None

    def start(self, setting, keep=False):
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
        (self.home / "posthouse.toml").write_text(CONFIGURATION.format(
            data=self.home / "data", port=self.port, pop3=self.pop3, sink=setting.sink,
            hold=str(setting.hold).lower(), sessions=max(100, setting.sessions)))
        if not keep and setting.mailboxes:
            self._add_accounts(setting.mailboxes)
        self._run()

    def _run(self):
        self.group = Group("posthouse")
        self.process = self.group.start([self.binary, "serve", "--config", self.home / "posthouse.toml"],
                                        stdout=open(self.home / "log", "a"), stderr=subprocess.STDOUT)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.group.close()

    def command(self, *arguments, **options):
        return subprocess.run([self.binary, *arguments, "--config", self.home / "posthouse.toml"], check=True,
                              capture_output=True, text=True, **options).stdout

    def list_first_page(self):
        started = time.monotonic()
        try:
            self.command("queue", "list")
        except subprocess.CalledProcessError:
            return math.nan  # One figure less, not all.
        return time.monotonic() - started

    def _add_accounts(self, mailboxes):
        """Preparing a password takes a tenth of a second of purpose; so they are made once and kept."""
        kept = self.home.parent / f"posthouse-accounts-{len(mailboxes)}"
        stamp = kept.with_suffix(".made-by")
        made_by = str(self.binary.stat().st_mtime)
        if not kept.exists() or not stamp.exists() or stamp.read_text() != made_by:
            self._run()
            wait_for_port(self.port)
            for mailbox in mailboxes:
                self.command("user", "add", f"{mailbox}@local.test", "--password-stdin", input=PASSWORD + "\n")
            self.stop()
            shutil.rmtree(kept, ignore_errors=True)
            subprocess.run(["cp", "-a", self.home / "data", kept], check=True)
            stamp.write_text(made_by)
        else:
            subprocess.run(["cp", "-a", kept, self.home / "data"], check=True)


def wait_for_port(port, patience=30):
    import socket
    end = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(4).startswith(b"220"):
                    return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.01)

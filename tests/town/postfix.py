# SPDX-License-Identifier: Apache-2.0
"""Debian's Postfix, unpacked, not installed: every path is given to it."""
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from patience import until
from program import Program, number_of
from smtp_client import SmtpClient
from network import ipv4_of

CACHE = Path(__file__).parents[2] / "build/town"
MASTER = """
smtp       inet n - n - - smtpd
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
proxymap   unix - - n - - proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
error      unix - - n - - error
retry      unix - - n - - error
virtual    unix - n n - - virtual
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""


class NoPostfix(Exception):
    """Why there is none."""


def unpacked():
    """Where Debian's package lies: the machine's own files where it is installed, or a cached download."""
    if Path("/usr/lib/postfix/sbin/master").exists():
        return Path("/")
    root = CACHE / "postfix"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "usr/lib/postfix/sbin/master").exists():
            shutil.rmtree(root, ignore_errors=True)
            try:
                subprocess.run(["apt-get", "download", "-q", "postfix"], cwd=CACHE, check=True, capture_output=True,
                               timeout=120)
                package = max(CACHE.glob("postfix_*.deb"), key=os.path.getmtime)
                subprocess.run(["dpkg", "-x", package, root], check=True, capture_output=True, timeout=60)
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                raise NoPostfix(f"Debian's package postfix could not be had: {error}") from error
    return root


class Postfix:
    """The host mx.DOMAIN: mail for anyone at DOMAIN goes to the Maildir of his name."""

    def __init__(self, town, domain, people, certificate):
        root = unpacked()
        self.town, self.domain = town, domain
        self.namespace, self.number = town.network.add_host(domain)
        self.address = ipv4_of(self.number)
        self.address6 = f"fd77::{self.number}"
        self.folder = town.folder / domain
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir(parents=True)
        postfix, nobody = number_of("postfix"), 65534
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                     "maildrop", "public", "saved", "trace", "pid"):
            (self.folder / "queue" / name).mkdir(mode=0o700)
            if name != "pid":
                os.chown(self.folder / "queue" / name, postfix, -1)
        os.chown(self.folder / "data", postfix, -1)
        os.chown(self.folder / "mail", nobody, nobody)
        self._configure(root, people, certificate)
        libraries = str(root / "usr/lib/postfix")
        self.program = Program(
            town.surroundings.command(self.namespace, [root / "usr/lib/postfix/sbin/master", "-c", self.folder / "etc", "-d"]),
            town.logs / f"{domain}.log", LD_LIBRARY_PATH=libraries, MAIL_CONFIG=str(self.folder / "etc"))
        town.programs.append(self.program)
        until(self._greets, "Postfix listens")

    def smtp(self, client=None):
        return SmtpClient(client or self.town.desk, self.address)

    def submit(self, letter, sender, *recipients):
        with self.smtp() as client:
            client.hello()
            return client.send(letter, sender, *recipients)

    def arrived(self, letter, user="bob"):
        """The letter as it lies in that Maildir, with the network's line ends."""
        return until(lambda: self._find(user, letter.token.encode()), f"a letter in {user}'s Maildir")

    def notification(self, about, user="bob"):
        return until(lambda: self._find(user, about.encode()), f"a notification in {user}'s Maildir").decode()

    def log(self):
        return (self.town.logs / f"{self.domain}-mail.log").read_text(errors="replace")

    def _find(self, user, text):
        for path in (self.folder / "mail" / user / "new").glob("*"):
            letter = path.read_bytes().replace(b"\n", b"\r\n")
            if text in letter:
                return letter
        return None

    def _greets(self):
        assert self.program.running(), self.program.log.read_text()
        try:
            with self.smtp():
                return True
        except OSError:
            return False

    def _configure(self, root, people, certificate):
        boxes = " ".join(f"{{{person}@{self.domain} = {person}/}}" for person in people)
        settings = {
            "compatibility_level": "3.6", "queue_directory": self.folder / "queue", "data_directory": self.folder / "data",
            "command_directory": root / "usr/sbin", "daemon_directory": root / "usr/lib/postfix/sbin",
            "shlib_directory": root / "usr/lib/postfix", "meta_directory": root / "etc/postfix",
            "import_environment": "MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH",
            "mail_owner": "postfix", "setgid_group": "postdrop", "myhostname": f"mx.{self.domain}",
            "mydestination": "", "local_recipient_maps": "", "alias_maps": "", "alias_database": "",
            "local_transport": "error:nobody lives here", "inet_protocols": "all",
            "virtual_mailbox_domains": self.domain, "virtual_mailbox_base": self.folder / "mail",
            "virtual_mailbox_maps": f"inline:{{ {boxes} }}", "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534", "virtual_mailbox_limit": "0", "virtual_minimum_uid": "100",
            "mynetworks": f"127.0.0.0/8 {self.town.desk_address}/32", "smtp_line_length_limit": "0",
            "maillog_file": self.town.logs / f"{self.domain}-mail.log", "maillog_file_prefixes": self.town.logs,
            "smtp_tls_security_level": "may", "smtpd_tls_security_level": "may", "smtpd_tls_received_header": "yes",
            "smtpd_tls_chain_files": f"{certificate[1]} {certificate[0]}", "smtp_tls_loglevel": "1",
            "minimal_backoff_time": "1s", "maximal_backoff_time": "1s", "queue_run_delay": "1s",
            "smtpd_peername_lookup": "no", "biff": "no",
        }
        (self.folder / "etc/main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        (self.folder / "etc/master.cf").write_text(MASTER.lstrip())

# SPDX-License-Identifier: Apache-2.0
"""Debian's Postfix, unpacked beside us and run as an instance of its own: nothing is installed."""
import grp
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from .accounting import Group

QUEUES = "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace".split()

# Debian's, without chroot and on a port of ours.
SERVICES = """\
127.0.0.1:{port} inet  n       -       n       -       {smtpd}       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
"""


class Package:
    """What dpkg unpacked. Postfix's daemons drop to a user `postfix` and want a group `postdrop`: both are made."""

    def __init__(self, work):
        self.root = work / "postfix-package"
        if not (self.root / "usr/sbin/smtp-source").exists():
            work.mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", "-q", "postfix"], cwd=work, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            archive = next(work.glob("postfix_*.deb"))
            subprocess.run(["dpkg", "-x", archive, self.root], check=True)
            archive.unlink()
        self.libraries = self.root / "usr/lib/postfix"
        self.environment = os.environ | {"LD_LIBRARY_PATH": str(self.libraries)}

    def tool(self, name):
        return self.root / "usr/sbin" / name

    def version(self):
        said = subprocess.run([self.tool("postconf"), "-d", "-h", "mail_version"], env=self.environment,
                              capture_output=True, text=True)
        return said.stdout.strip()

    @staticmethod
    def make_users():
        try:
            pwd.getpwnam("postfix")
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                            "--shell", "/usr/sbin/nologin", "postfix"], check=True)
        try:
            grp.getgrnam("postdrop")
        except KeyError:
            subprocess.run(["groupadd", "--system", "postdrop"], check=True)


class Postfix:
    name = "Postfix"

    def __init__(self, package, work, port):
        self.package, self.port = package, port
        self.home = work / "postfix"
        self.group = None

    def start(self, setting, keep=False):
        if not keep:
            self._lay_out()
        self._configure(setting)
        self.group = Group("postfix")
        environment = self.package.environment | {"MAIL_CONFIG": str(self.home / "etc")}
        self.process = self.group.start([self.package.libraries / "sbin/master", "-d", "-c", self.home / "etc"],
                                        env=environment, stdout=subprocess.DEVNULL,
                                        stderr=open(self.home / "log", "a"))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.group.close()

    def queued(self):
        """Letters in its queue that are neither held nor deferred."""
        return sum(1 for queue in ("maildrop", "incoming", "active") for _ in _letters(self.home / "queue" / queue))

    def kept(self, setting):
        queue = {"hold": "hold", "deferred": "deferred"}[setting]
        return sum(1 for _ in _letters(self.home / "queue" / queue))

    def in_mailboxes(self):
        return sum(len(os.listdir(new)) for new in (self.home / "mail").glob("*/new"))

    def list_first_page(self):
        """Postfix has no pages: the time until the whole list was made."""
        started = time.monotonic()
        subprocess.run([self.package.tool("postqueue"), "-c", self.home / "etc", "-p"], check=True,
                       stdout=subprocess.DEVNULL, env=self.package.environment)
        return time.monotonic() - started

    def _lay_out(self):
        shutil.rmtree(self.home, ignore_errors=True)
        user, drop = pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
        for name in QUEUES:
            folder = self.home / "queue" / name
            folder.mkdir(parents=True)
            os.chmod(folder, 0o700)
            if name != "pid":
                os.chown(folder, user.pw_uid, 0)
        for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
            os.chown(self.home / "queue" / name, user.pw_uid, drop.gr_gid)
            os.chmod(self.home / "queue" / name, mode)
        for name in ("data", "mail"):
            (self.home / name).mkdir()
            os.chown(self.home / name, user.pw_uid, user.pw_gid)
        (self.home / "etc").mkdir()

    def _configure(self, setting):
        user = pwd.getpwnam("postfix")
        binaries = self.package.root / "usr"
        lines = {
            "compatibility_level": "3.6", "myhostname": "mx.bench.test", "mydestination": "", "alias_maps": "",
            "alias_database": "", "inet_interfaces": "127.0.0.1", "mynetworks": "127.0.0.0/8", "biff": "no",
            "queue_directory": self.home / "queue", "data_directory": self.home / "data",
            "daemon_directory": binaries / "lib/postfix/sbin", "command_directory": binaries / "sbin",
            "shlib_directory": binaries / "lib/postfix", "meta_directory": self.home / "etc",
            "import_environment": "MAIL_CONFIG TZ LANG=C LD_LIBRARY_PATH", "in_flow_delay": "0",
            "relayhost": f"[127.0.0.1]:{setting.sink}", "smtp_tls_security_level": "none",
            "virtual_mailbox_domains": "local.test", "virtual_mailbox_base": self.home / "mail",
            "virtual_mailbox_maps": f"inline:{{ {' '.join(f'{{ {box}@local.test = {box}/ }}' for box in setting.mailboxes)} }}"
                                    if setting.mailboxes else "",
            "virtual_minimum_uid": "1", "virtual_uid_maps": f"static:{user.pw_uid}",
            "virtual_gid_maps": f"static:{user.pw_gid}",
        }
        if setting.hold:
            lines["smtpd_client_restrictions"] = "check_client_access static:HOLD"
        (self.home / "etc/main.cf").write_text("".join(f"{key} = {value}\n" for key, value in lines.items()))
        (self.home / "etc/master.cf").write_text(
            SERVICES.format(port=self.port, smtpd=setting.sessions if setting.sessions > 100 else "-"))


def _letters(folder):
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _letters(entry.path)
        else:
            yield entry

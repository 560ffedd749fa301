# SPDX-License-Identifier: Apache-2.0
"""Debian's Dovecot with a configuration, users and mailboxes of its own; durable as it is by default."""
import os
import shutil
import subprocess
from pathlib import Path

from system.accounting import Group

from .server import PASSWORD, Server

NOBODY = 65534

# The packages' defaults, but for limits that the loads would meet and for where things are.
CONFIGURATION = """\
protocols = imap pop3 lmtp
base_dir = {run}
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_internal_user = dovecot
default_login_user = dovenull
default_vsz_limit = 2G
default_client_limit = 30000
default_process_limit = 20000
first_valid_uid = 1
mail_location = {format}:~/mail
mail_max_userip_connections = 20000
mail_fsync = {fsync}
auth_cache_size = 10M
auth_username_format = %Ln
lmtp_save_to_detail_mailbox = no
mailbox_list_index = yes
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {home}/users
}}
service imap-login {{
{login}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
{login}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service imap {{
{session}
  process_limit = 20000
}}
service pop3 {{
{session}
  process_limit = 20000
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  client_limit = 100000
}}
service auth {{
  client_limit = 100000
}}
service stats {{
  client_limit = 100000
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""
# https://doc.dovecot.org/2.3/admin_manual/login_processes/: both of its modes.
LOGINS = {
    "performance": f"  service_count = 0\n  process_min_avail = {os.cpu_count()}\n  client_limit = 30000",
    "security": "  service_count = 1\n  process_limit = 20000",
}
SESSIONS = {"performance": "  service_count = 1000\n  process_min_avail = 20", "security": ""}


class Dovecot(Server):
    def __init__(self, work, ports, mailbox_format, logins="performance"):
        short = {"maildir": "Maildir"}.get(mailbox_format, mailbox_format)
        self.name = f"Dovecot {short}" + (", a login process a connection" if logins == "security" else "")
        super().__init__(work / f"dovecot-{mailbox_format}", ports)
        self.format, self.logins = mailbox_format, logins
        self.binary = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
        if not self.binary or not Path("/usr/lib/dovecot/imap").exists():
            raise SystemExit("there is no Dovecot with IMAP (packages dovecot-core, dovecot-imapd, dovecot-pop3d)")

    @staticmethod
    def version():
        return subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]

    def start(self, filling=False):
        self.home.mkdir(parents=True, exist_ok=True)
        self._write_users()
        run = Path("/tmp") / f"posthouse-bench-{os.getpid()}-{self.format}"  # A socket's path must be short.
        run.mkdir(exist_ok=True)
        self.run = run
        certificate, key = self.certificate()
        config = self.home / "dovecot.conf"
        config.write_text(CONFIGURATION.format(
            home=self.home, run=run, format=self.format, certificate=certificate, key=key, login=LOGINS[self.logins], session=SESSIONS[self.logins],
            fsync="never" if filling else "optimized", **self.ports))
        self.group = Group(f"dovecot-{self.format}")
        self.process = self.group.start([self.binary, "-F", "-c", config], stdout=open(self.home / "output", "a"),
                                        stderr=subprocess.STDOUT)
        self.wait_until_it_listens()

    def stop(self):
        super().stop()
        shutil.rmtree(self.run, ignore_errors=True)

    def _write_users(self):
        """Before it starts: it looks for changes by the second."""
        for name in self.users:
            folder = self.home / "mail" / name
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, NOBODY, NOBODY)
        (self.home / "users").write_text("".join(
            f"{name}:{PASSWORD}:{NOBODY}:{NOBODY}::{self.home}/mail/{name}::\n" for name in self.users))

    def stamp(self):
        return self.version()

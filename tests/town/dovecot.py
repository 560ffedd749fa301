# SPDX-License-Identifier: Apache-2.0
"""Dovecot as a mail store: letters come by LMTP, at a port and at a Unix socket, into a Maildir for each address."""
import os
import shutil
import socket

from network import inside, ipv4_of
from patience import until
from program import Program

PORT = 24


class NoDovecot(Exception):
    pass


class Dovecot:
    def __init__(self, town, name, people):
        binary = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
        if not binary or not os.path.exists("/usr/lib/dovecot/lmtp"):
            raise NoDovecot("there is no Dovecot with LMTP (packages dovecot-core, dovecot-lmtpd)")
        self.namespace, number = town.network.add_host(name)
        self.address = ipv4_of(number)
        self.folder = town.folder / name
        self.mail = self.folder / "mail"
        self.mail.mkdir(parents=True)
        os.chown(self.mail, 65534, 65534)
        self.path = self.folder / "run" / "lmtp"
        users = self.folder / "users"
        users.write_text("".join(f"{person}::65534:65534::{self.mail / person}\n" for person in people))
        config = self.folder / "dovecot.conf"
        config.write_text(f"""
protocols = lmtp
base_dir = {self.folder / "run"}
state_dir = {self.folder / "state"}
log_path = {town.logs / (name + ".log")}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
default_internal_user = dovecot
default_login_user = dovenull
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {users}
}}
service lmtp {{
  chroot =
  inet_listener lmtp {{
    address = {self.address}
    port = {PORT}
  }}
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
""")
        self.program = Program(town.surroundings.command(self.namespace, [binary, "-F", "-c", config]),
                               town.logs / f"{name}-master.log")
        town.programs.append(self.program)
        until(self._listens, "Dovecot listens")
        (self.folder / "run").chmod(0o755)

    def arrived(self, letter, user):
        """The letter as it lies in that Maildir, with the network's line ends."""
        return until(lambda: self._find(user, letter.token.encode()), f"a letter in {user}'s Maildir")

    def _find(self, user, text):
        for path in (self.mail / user / "Maildir" / "new").glob("*"):
            found = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            if text in found:
                return found
        return None

    def _listens(self):
        assert self.program.running(), self.program.log.read_text()
        with inside(self.namespace):
            probe = socket.socket()
        with probe:
            return self.path.exists() and probe.connect_ex((self.address, PORT)) == 0

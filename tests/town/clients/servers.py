# SPDX-License-Identifier: Apache-2.0
"""The servers that the clients are tried with: Posthouse, and Dovecot, which shows that the tests are right."""
import os
import shutil
import smtplib
import socket
import socketserver
import threading
from dataclasses import dataclass

from network import inside, ipv4_of
from patience import until
from program import Program

PASSWORD = "battery-staple-7"
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995, "submission": 587, "submissions": 465}


@dataclass(frozen=True)
class Person:
    name: str
    address: str  # also what they log in as
    password: str = PASSWORD


class NoSuchServer(Exception):
    pass


class PosthouseServer:
    """With every port that people's programs use."""

    def __init__(self, town, authority):
        self.town = town
        self.house = town.found_posthouse("people.test")
        self.name, self.address = self.house.name, self.house.address
        certificate, key = authority.issue(self.name, self.address)
        self.house.config["tls"] = {"certificate": certificate, "key": key}
        self.house.listen = [{"address": "0.0.0.0:25", "protocol": "smtp"}]
        for service, protocol, tls in (("imap", "imap", "starttls"), ("imaps", "imap", "implicit"), ("pop3", "pop3", "starttls"),
                                       ("pop3s", "pop3", "implicit"), ("submission", "submission", "starttls"),
                                       ("submissions", "submission", "implicit")):
            self.house.listen.append({"address": f"0.0.0.0:{PORTS[service]}", "protocol": protocol, "tls": tls})
        self.house.start()

    def add(self, name):
        person = Person(name, f"{name}@{self.house.domain}")
        self.house.ask("user", "add", person.address, "--password-stdin", standard_input=person.password + "\n")
        return person


class DovecotServer:
    """With its submission service before a relay that gives every letter back to its LMTP."""

    def __init__(self, town, authority, host="people", location="sdbox:~/mail"):
        binary = shutil.which("dovecot", path="/usr/sbin:/usr/bin")
        if not binary or not os.path.exists("/usr/lib/dovecot/submission"):
            raise NoSuchServer("there is no Dovecot with submission (packages dovecot-core, -imapd, -pop3d, -lmtpd, -submissiond)")
        self.town = town
        self.namespace, number = town.network.add_host(host)
        self.name, self.address = f"mx.{host}.test", ipv4_of(number)
        town.dns.publish(f"{self.name}. A {self.address}")
        certificate, key = authority.issue(self.name, self.address)
        self.domain = f"{host}.test"
        self.folder = town.folder / host
        (self.folder / "mail").mkdir(parents=True)
        os.chown(self.folder / "mail", 65534, 65534)
        config = self.folder / "dovecot.conf"
        config.write_text(CONFIGURATION.format(folder=self.folder, log=town.logs / f"{host}.log", certificate=certificate,
                                               key=key, password=PASSWORD, location=location, **PORTS))
        self.program = Program(town.surroundings.command(self.namespace, [binary, "-F", "-c", config]),
                               town.logs / f"{host}-master.log")
        town.programs.append(self.program)
        until(self._listens, "Dovecot listens")
        with inside(self.namespace):
            self.relay = Relay(self.namespace)
        threading.Thread(target=self.relay.serve_forever, daemon=True).start()

    def add(self, name):
        return Person(name, f"{name}@{self.domain}")  # Whoever knows the password.

    def _listens(self):
        assert self.program.running(), self.program.log.read_text()
        with inside(self.namespace):
            probe = socket.socket()
        with probe:
            return probe.connect_ex((self.address, PORTS["imap"])) == 0


CONFIGURATION = """\
protocols = imap pop3 lmtp submission
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {log}
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
hostname = mx.people.test
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = {location}
lmtp_save_to_detail_mailbox = no
submission_relay_host = 127.0.0.1
submission_relay_port = 2525
submission_relay_trusted = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = subscribe
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = 24
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


class Relay(socketserver.ThreadingTCPServer):
    """As little of SMTP as Dovecot's submission service needs."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, namespace):
        self.namespace = namespace
        super().__init__(("127.0.0.1", 2525), Conversation)


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 relay.test ESMTP")
        sender, recipients = "", []
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            address = rest.partition("<")[2].partition(">")[0]
            match verb.upper():
                case "EHLO":
                    self.say("250-relay.test", "250-8BITMIME", "250-ENHANCEDSTATUSCODES", "250 PIPELINING")
                case "MAIL":
                    sender, recipients = address, []
                    self.say("250 2.1.0 ok")
                case "RCPT":
                    recipients.append(address)
                    self.say("250 2.1.5 ok")
                case "DATA":
                    self.say("354 go on")
                    self.pass_on(sender, recipients, self.letter())
                    self.say("250 2.0.0 taken")
                case "QUIT":
                    self.say("221 2.0.0 bye")
                    return
                case _:
                    self.say("250 2.0.0 ok")

    def say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def letter(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def pass_on(self, sender, recipients, letter):
        with inside(self.server.namespace):
            lmtp = smtplib.LMTP("127.0.0.1", 24)
        with lmtp:
            lmtp.sendmail(sender, recipients, letter)

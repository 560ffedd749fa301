# SPDX-License-Identifier: Apache-2.0
"""The town: a network with a name server, a trusted client's desk, strangers, and the mail hosts that tests found."""
import re
import shutil
import tempfile
from pathlib import Path

from certificates import make_certificate
from name_server import NameServer
from network import Network, NotPermitted, ipv4_of
from postfix import Postfix
from posthouse import BINARY, Posthouse
from program import Surroundings
from stub_host import StubHost

ILL_ZONE = "ill.test"
CRASH = re.compile(r"^.*(?:ERROR: \w+Sanitizer|runtime error:|event=process\.ended .*how=\"signal (?!15\b)).*$", re.M)


class Town:
    def __init__(self):
        if not BINARY.exists():
            raise FileNotFoundError(f"there is no {BINARY}: build it first, or name another by POSTHOUSE_BINARY")
        if not (shutil.which("nsd") or Path("/usr/sbin/nsd").exists()):
            raise NotPermitted("there is no name server (package nsd)")
        self.programs, self.stubs, self.network = [], [], None
        self.known_crashes = []
        # Not below pytest's own, which only its user may enter: the roles are other users.
        self.folder = Path(tempfile.mkdtemp(prefix="posthouse-town-"))
        try:
            self.folder.chmod(0o755)
            self.logs = self.folder / "logs"
            self.logs.mkdir()
            self.network = Network()
            self.desk, number = self.network.add_host("desk", 5)
            self.desk_address = ipv4_of(number)
            self.stranger, _ = self.network.add_host("stranger", 66)
            self.stub_namespace, _ = self.network.add_host("stubs", 67)
            self.dns = NameServer(self, ill_zones=[ILL_ZONE])
            self.surroundings = Surroundings(self.folder, self.dns.address)
        except BaseException:
            self.close()
            raise

    def found_posthouse(self, domain, **sections):
        """Not started yet. Its domain's MX is known."""
        host = Posthouse(self, domain, **sections)
        self.publish_host(host)
        return host

    def found_postfix(self, domain, people):
        host = Postfix(self, domain, people, make_certificate(self.folder, f"mx.{domain}"))
        self.publish_host(host)
        return host

    def publish_host(self, host):
        self.dns.publish(f"{host.domain}. MX 10 mx.{host.domain}.", f"mx.{host.domain}. A {host.address}",
                         f"mx.{host.domain}. AAAA {host.address6}")

    def found_stub(self, name=None, **manners):
        """Not open yet. `name`, if given, gets its addresses."""
        stub = StubHost(self, **manners)
        if name:
            self.dns.publish(f"{name}. A {stub.ipv4}", f"{name}. AAAA {stub.ipv6}")
        return stub

    def remove(self, posthouse):
        """Its logs stay."""
        if posthouse.program:
            posthouse.program.stop()
        self.network.remove_host(posthouse.namespace)

    def new_crashes(self):
        """What is in the logs of processes that broke down, each told once."""
        crashes = [f"{path.name}: {line}" for path in self.logs.glob("*.log")
                   for line in CRASH.findall(path.read_text(errors="replace"))]
        fresh = [crash for crash in crashes if crash not in self.known_crashes]
        self.known_crashes += fresh
        return fresh

    def close(self):
        for stub in self.stubs:
            stub.close()
        for program in reversed(self.programs):
            program.stop(patience=10)
            program.kill()  # what it left behind
        if self.network:
            self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)

# SPDX-License-Identifier: Apache-2.0
"""The town's name server: nsd, which holds the root zone and so knows every name there is."""
import secrets
import shutil
import signal
import socket
import struct

from network import inside, ipv4_of
from patience import until
from program import Program, inside_command

NXDOMAIN, SERVFAIL, NO_ERROR = 3, 2, 0
SOA, TXT = 6, 16


class NameServer:
    def __init__(self, town, ill_zones=()):
        """`ill_zones`: every question about them is answered by SERVFAIL, until they are healed."""
        self.folder = town.folder / "dns"
        self.folder.mkdir()
        self.namespace, number = town.network.add_host("dns", 53)
        self.address = ipv4_of(number)
        self.serial = 1
        self.records = []
        self._write()
        (self.folder / "nsd.conf").write_text("\n".join([
            "server:", "  port: 53", "  server-count: 1", '  username: ""', '  chroot: ""', f"  ip-address: {self.address}",
            f"  zonesdir: {self.folder}", f"  pidfile: {self.folder}/nsd.pid", '  database: ""',
            f"  zonelistfile: {self.folder}/zone.list", f"  xfrdfile: {self.folder}/xfrd.state",
            f"  xfrdir: {self.folder}", "  rrl-ratelimit: 0", "remote-control:", "  control-enable: no",
            "zone:", '  name: "."', "  zonefile: root.zone", *(
                f'zone:\n  name: "{zone}"\n  zonefile: {zone}.zone' for zone in ill_zones)]) + "\n")
        binary = shutil.which("nsd") or "/usr/sbin/nsd"
        self.program = Program([*inside_command(self.namespace), binary, "-d", "-c", self.folder / "nsd.conf"],
                               town.logs / "nsd.log")
        town.programs.append(self.program)
        until(self._serves_everything, "nsd answers")

    def publish(self, *records):
        """Lines of a zone file, with full names: "far.test. MX 10 mx.far.test."."""
        self.records += records
        self.serial += 1
        self._write()
        self.program.signal(signal.SIGHUP)
        until(self._serves_everything, "nsd serves what was published")

    def heal(self, zone, *records):
        """What an ill zone holds from now on."""
        (self.folder / f"{zone}.zone").write_text("\n".join([soa(f"{zone}.", 1), *records]) + "\n")
        self.program.signal(signal.SIGHUP)
        until(lambda: self.status_of(zone) == NO_ERROR, f"nsd serves {zone}")

    def status_of(self, name):
        answer = self._ask(name, SOA)
        return answer[3] & 0xF if answer else None

    def _write(self):
        (self.folder / "root.zone").write_text("\n".join([soa(".", self.serial), f"edition. TXT \"edition {self.serial}.\"", *self.records]) + "\n")

    def _serves_everything(self):
        return f"edition {self.serial}.".encode() in (self._ask("edition", TXT) or b"")

    def _ask(self, name, kind):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
        question = secrets.token_bytes(2) + struct.pack("!HHHHH", 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)
        with inside(self.namespace), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.3)
            try:
                asker.sendto(question, (self.address, 53))
                return asker.recv(1500)
            except OSError:
                return None


def soa(zone, serial):
    return f"$TTL 1\n{zone} SOA ns.town. postmaster.town. {serial} 3600 60 36000 1\n{zone} NS ns.town."

# SPDX-License-Identifier: Apache-2.0
"""The town's streets: a network namespace a host, joined by a bridge in a namespace of its own.

Nothing is ever made in the namespace that the tests run in but the names under /run/netns.
"""
import contextlib
import ctypes
import os
import re
import shutil
import subprocess
from pathlib import Path

NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ipv4_of(number):
    """10.77.0.NUMBER, for as long as that is an address."""
    return f"10.77.{number // 250}.{number % 250}"


class NotPermitted(Exception):
    """Why there can be no town here."""


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise NotPermitted(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Network:
    """10.77.0.0/16 and fd77::/64."""

    def __init__(self):
        if os.geteuid() != 0:
            raise NotPermitted("network namespaces need root")
        if not shutil.which("ip"):
            raise NotPermitted("there is no ip command (package iproute2)")
        sweep()
        self.prefix = f"posthouse-{os.getpid()}-"
        self.names = []
        self.last = 100
        self._add("street")
        self._inside("street", "link", "add", "bridge", "type", "bridge", "stp_state", "0", "forward_delay", "0")
        self._inside("street", "link", "set", "bridge", "up")

    def add_host(self, name, number=None):
        """Its namespace's name and its number: it is ipv4_of(NUMBER) and fd77::NUMBER."""
        number = number or self.new_number()
        self._add(name)
        port = f"v{number}"
        ip("link", "add", "eth0", "netns", self.prefix + name, "type", "veth", "peer", "name", port, "netns",
           self.prefix + "street")
        self._inside("street", "link", "set", port, "master", "bridge", "up")
        self._inside(name, "link", "set", "lo", "up")
        self._inside(name, "link", "set", "eth0", "up")
        self.add_address(self.prefix + name, number)
        return self.prefix + name, number

    def add_address(self, namespace, number):
        ip("-n", namespace, "address", "add", f"{ipv4_of(number)}/16", "dev", "eth0")
        ip("-n", namespace, "address", "add", f"fd77::{number}/64", "dev", "eth0", "nodad")

    def new_number(self):
        self.last += 1
        return self.last

    def remove_host(self, namespace):
        ip("netns", "delete", namespace)
        self.names.remove(namespace)

    def close(self):
        for name in list(self.names):
            with contextlib.suppress(NotPermitted):
                self.remove_host(name)

    def _add(self, name):
        ip("netns", "add", self.prefix + name)
        self.names.append(self.prefix + name)

    def _inside(self, name, *words):
        ip("-n", self.prefix + name, *words)


@contextlib.contextmanager
def inside(namespace):
    """The calling thread opens its sockets in that namespace; they stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(NAMESPACES / namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(home)
        os.close(there)


def _enter(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def sweep():
    """What a killed run left behind."""
    for path in NAMESPACES.glob("posthouse-*") if NAMESPACES.is_dir() else ():
        owner = re.match(r"posthouse-(\d+)-", path.name)
        if owner and not Path("/proc", owner[1]).exists():
            subprocess.run(["ip", "netns", "delete", path.name], capture_output=True, timeout=20)

# SPDX-License-Identifier: Apache-2.0
"""Mail filters on a host of the town, and letters that tell one what to do."""
import shutil
import subprocess
from pathlib import Path

from letters import Letter, compose
from program import Program

SOURCE = Path(__file__).parent / "milter" / "test_filter.c"
HEADER = Path("/usr/include/libmilter/mfapi.h")


class NoFilter(Exception):
    """Why there is none here."""


def build_test_filter(folder):
    """With Sendmail's library."""
    compiler = shutil.which("cc") or shutil.which("clang-19")
    if not compiler or not HEADER.exists():
        raise NoFilter("there is no libmilter to build a filter with (package libmilter-dev)")
    binary = folder / "test_filter"
    subprocess.run([compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", binary, SOURCE, "-lmilter", "-lpthread"],
                   check=True, timeout=120)
    return binary


class Filter:
    """A filter for one host, at a socket in its folder unless another is given. What it says is in `log`."""

    def __init__(self, house, name, words, ready=None, socket=None, **settings):
        self.house, self.name, self.words, self.ready = house, name, words, ready
        self.socket = socket or house.folder / f"{name}.sock"
        self.program = None
        house.milters.append({"name": name, "address": self.socket if socket else f"unix:{self.socket}", **settings})

    def start(self):
        command = self.house.town.surroundings.command(self.house.namespace, self.words, self.house.mounts)
        self.program = Program(command, self.house.town.logs / f"{self.house.domain}-{self.name}.log")
        self.house.town.programs.append(self.program)
        if self.ready:
            self.program.wait_until_said(self.ready)
        return self

    def stop(self):
        self.program.stop()
        if isinstance(self.socket, Path):
            self.socket.unlink(missing_ok=True)

    def said(self):
        return self.program.log.read_bytes()[self.program.begins:].decode("utf-8", "replace")

    def lines(self, begin):
        return [line for line in self.said().splitlines() if line.startswith(begin)]


def with_fields(letter, *fields):
    """At the header's end."""
    head, body = letter.text.split(b"\r\n\r\n", 1)
    return Letter(letter.token, b"\r\n".join([head, *(field.encode() for field in fields)]) + b"\r\n\r\n" + body)


def ordered(*orders, **how):
    """A letter that tells the test filter to do that at its end."""
    return with_fields(compose(**how), *(f"X-Do: {order}" for order in orders))


def fields_of(received):
    """Name and unfolded value of each field, from the first to the last."""
    head = received.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
    fields = []
    for line in head.split("\r\n"):
        if line[:1] in " \t":
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        else:
            name, _, value = line.partition(":")
            fields.append((name, value.strip()))
    return fields


def values(received, wanted):
    return [value for name, value in fields_of(received) if name.lower() == wanted.lower()]


def body_of(received):
    return received.split(b"\r\n\r\n", 1)[1]

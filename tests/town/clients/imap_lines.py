# SPDX-License-Identifier: Apache-2.0
"""IMAP said and heard literally: what imaplib hides or mends."""
import re
import socket
import ssl

from network import inside
from patience import PATIENCE


class Atom(str):
    """Not a string: NIL, numbers, flags, section names."""


def parse(text):
    """The words of a response: Atoms, bytes for strings, lists. Literals were put in as {n}CRLF and n bytes."""
    words, rest = _words(text, 0, None)
    assert rest == len(text), f"left over: {text[rest:]!r}"
    return words


def _words(text, at, closing):
    found = []
    while at < len(text):
        byte = text[at:at + 1]
        if byte == b" ":
            at += 1
        elif byte == closing:
            return found, at + 1
        elif byte == b"(":
            inner, at = _words(text, at + 1, b")")
            found.append(inner)
        elif byte == b'"':
            end = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S).match(text, at)
            found.append(re.sub(rb"\\(.)", rb"\1", end[1]))
            at = end.end()
        elif literal := re.compile(rb"~?\{(\d+)\}\r\n").match(text, at):
            at = literal.end() + int(literal[1])
            found.append(text[literal.end():at])
        else:
            word = re.compile(rb'(?:[^ ()"\[]|\[[^\]]*\])+').match(text, at)
            assert word, f"not IMAP: {text[at:at + 60]!r}"
            found.append(Atom(word[0].decode("latin-1")))
            at = word.end()
    assert closing is None, f"never closed: {text[:200]!r}"
    return found, at


class Connection:
    """Over TLS."""

    def __init__(self, namespace, address, port, authority):
        context = ssl.create_default_context(cafile=str(authority.certificate))
        with inside(namespace):
            plain = socket.create_connection((address, port), timeout=PATIENCE)
        self.socket = context.wrap_socket(plain, server_hostname=address)
        self.input = self.socket.makefile("rb")

    def close(self):
        self.input.close()
        self.socket.close()

    def line(self):
        """Without its end."""
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"the server closed the connection after {line!r}")
        return line[:-2]


class Lines(Connection):
    """A session of IMAP."""

    def __init__(self, namespace, address, authority):
        super().__init__(namespace, address, 993, authority)
        self.number = 0
        self.greeting = self.response()

    def response(self):
        """One, with its literals, without its line end."""
        text = b""
        while True:
            text += self.line()
            literal = re.search(rb"\{(\d+)\}$", text)
            if not literal:
                return text
            text += b"\r\n" + self.input.read(int(literal[1]))

    def say(self, command):
        """Status word and the untagged responses; a command is bytes or text, its literals are non-synchronizing."""
        self.number += 1
        tag = b"t%d" % self.number
        self.socket.sendall(tag + b" " + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        untagged = []
        while True:
            response = self.response()
            if response.startswith(tag + b" "):
                return response.split()[1].decode().upper(), untagged, response.decode("utf-8", "replace")
            untagged.append(response)

    def must(self, command):
        status, untagged, text = self.say(command)
        assert status == "OK", f"{command!r}: {text}"
        return untagged


class Pop3Lines(Connection):
    def __init__(self, namespace, address, authority):
        super().__init__(namespace, address, 995, authority)
        self.line()

    def say(self, command):
        """"+OK" or "-ERR", and what is listed behind it."""
        self.socket.sendall(command.encode() + b"\r\n")
        status = self.line()
        verb, _, argument = command.partition(" ")
        listed = []
        if status.startswith(b"+OK") and (verb in ("RETR", "TOP", "CAPA") or verb in ("LIST", "UIDL") and not argument):
            while (line := self.line()) != b".":
                listed.append(line)
        elif status.startswith(b"+OK") and verb in ("STAT", "LIST"):
            listed = [b" ".join(status.split()[1:3])]
        return status.split()[0].decode(), listed

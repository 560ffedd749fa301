# SPDX-License-Identifier: Apache-2.0
"""A host that speaks SMTP as badly as it is told to."""
import socket
import threading
from dataclasses import dataclass, field

from network import inside, ipv4_of


@dataclass
class Manners:
    greeting: str = "220 stub.test ESMTP"
    extensions: tuple = ("8BITMIME", "PIPELINING")
    recipient_replies: list = field(default_factory=list)  # the first ones; then 250
    final_replies: list = field(default_factory=list)  # to the first letters; then 250
    breaks_tls: bool = False  # offers STARTTLS, agrees to it and then speaks no TLS
    drops_letters: int = 0  # closes the connection at the end of that many letters, without a word
    never_greets: bool = False


@dataclass(frozen=True)
class Taken:
    sender: str
    recipients: tuple
    text: bytes


class StubHost:
    """Listens on port 25 of its own address from `open` to `close`."""

    def __init__(self, town, **manners):
        self.namespace = town.stub_namespace
        number = town.network.new_number()
        town.network.add_address(self.namespace, number)
        self.ipv4, self.ipv6 = ipv4_of(number), f"fd77::{number}"
        self.manners = Manners(**manners)
        self.taken = []
        self.connections = 0
        self.commands = []
        self._listeners, self._open = [], []
        self._lock = threading.Lock()
        town.stubs.append(self)

    def open(self, *families):
        for family in families or (socket.AF_INET, socket.AF_INET6):
            with inside(self.namespace):
                listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.ipv4 if family == socket.AF_INET else self.ipv6, 25))
            listener.listen(50)
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def close(self):
        for listener in self._listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is gone already.
        self._listeners.clear()
        self._open.clear()

    def letter(self, token):
        """What was taken with that token, or None."""
        return next((taken for taken in list(self.taken) if token.encode() in taken.text), None)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            connection.settimeout(60)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as lines:
                if self.manners.never_greets:
                    connection.recv(1)
                    return
                _say(connection, self.manners.greeting)
                if self.manners.greeting.startswith("2"):
                    self._converse(connection, lines)
        except OSError:
            pass

    def _converse(self, connection, lines):
        sender, recipients = "", []
        for line in lines:
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            verb = command.upper().split(" ")[0].split(":")[0]
            if verb == "EHLO":
                offers = [*self.manners.extensions, *(["STARTTLS"] if self.manners.breaks_tls else [])]
                _say(connection, *(f"250-{word}" for word in ["stub.test", *offers]), "250 SIZE 0")
            elif verb == "STARTTLS":
                _say(connection, "220 2.0.0 Go ahead")
                connection.recv(16)
                _say(connection, "What was that?")
                return
            elif verb == "MAIL":
                sender, recipients = _path(command), []
                _say(connection, "250 2.1.0 Ok")
            elif verb == "RCPT":
                reply = self._next(self.manners.recipient_replies, "250 2.1.5 Ok")
                if reply.startswith("2"):
                    recipients.append(_path(command))
                _say(connection, reply)
            elif verb == "DATA":
                if not recipients:
                    _say(connection, "554 5.5.1 No valid recipients")
                    continue
                _say(connection, "354 Go ahead")
                text = _read_letter(lines)
                if self.manners.drops_letters > 0:
                    self.manners.drops_letters -= 1
                    return
                reply = self._next(self.manners.final_replies, "250 2.0.0 Taken")
                if reply.startswith("2"):
                    self.taken.append(Taken(sender, tuple(recipients), text))
                _say(connection, reply)
            elif verb == "QUIT":
                _say(connection, "221 2.0.0 Bye")
                return
            else:
                _say(connection, "250 2.0.0 Ok")

    def _next(self, replies, otherwise):
        with self._lock:
            return replies.pop(0) if replies else otherwise


def _say(connection, *lines):
    connection.sendall("".join(line + "\r\n" for line in lines).encode())


def _path(command):
    return command[command.index("<") + 1:command.index(">")]


def _read_letter(lines):
    text = []
    for line in lines:
        if line == b".\r\n":
            return b"".join(text)
        text.append(line[1:] if line.startswith(b".") else line)
    raise ConnectionError

# SPDX-License-Identifier: Apache-2.0
"""A client that says exactly what it is told to, byte for byte."""
import re
import socket
import ssl
from dataclasses import dataclass

from network import inside


@dataclass(frozen=True)
class Reply:
    code: int
    text: str  # of all lines, joined by line ends, without the codes

    def __str__(self):
        return f"{self.code} {self.text}"


class SmtpClient:
    def __init__(self, namespace, address, port=25, timeout=20):
        with inside(namespace):
            self.socket = socket.create_connection((address, port), timeout=timeout)
        self.input = self.socket.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def reply(self):
        lines = []
        while True:
            line = self.input.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError(f"the server closed the connection after {lines} {line!r}")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Reply(int(text[:3]), "\n".join(lines))

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def expect(self, code, line):
        reply = self.say(line)
        assert reply.code == code, f"{line} was answered by {reply}"
        return reply

    def hello(self, name="desk.test"):
        return self.expect(250, f"EHLO {name}")

    def start_tls(self, name=None):
        """The server's certificate, DER."""
        self.expect(220, "STARTTLS")
        self.input.close()
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=name)
        self.input = self.socket.makefile("rb")
        return self.socket.getpeercert(binary_form=True)

    def begin(self, sender, recipients):
        """Up to the point where the letter itself is due."""
        self.expect(250, f"MAIL FROM:<{sender}> BODY=8BITMIME")
        for recipient in recipients:
            self.expect(250, f"RCPT TO:<{recipient}>")
        self.expect(354, "DATA")

    def finish(self, letter):
        self.socket.sendall(re.sub(rb"(?m)^\.", b"..", bytes(letter)) + b".\r\n")
        return self.reply()

    def send(self, letter, sender, *recipients):
        """The reply that took the letter."""
        self.begin(sender, recipients)
        reply = self.finish(letter)
        assert reply.code == 250, str(reply)
        return reply

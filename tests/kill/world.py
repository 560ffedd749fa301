# SPDX-License-Identifier: Apache-2.0
"""What is around the house under test: a name server and a host that takes letters, both on the loopback interface."""
import re
import socketserver
import struct
import threading

HOST_ADDRESS = "127.0.0.2"  # Not the address that the house itself listens on.


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


class _Questions(socketserver.BaseRequestHandler):
    """Every domain has the MX mx.remote.example, which has one IPv4 address."""

    def handle(self):
        query, socket = self.request
        end = query.index(b"\0", 12) + 1
        kind = struct.unpack("!H", query[end:end + 2])[0]
        question = query[12:end + 4]
        data = {15: struct.pack("!H", 10) + encoded("mx.remote.example"),
                1: bytes(int(part) for part in HOST_ADDRESS.split("."))}.get(kind)
        answer = b"" if data is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 5, len(data)) + data
        head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if answer else 0, 0, 0)
        socket.sendto(head + question + answer, self.client_address)


class NameServer(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Questions)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Letters(socketserver.StreamRequestHandler):
    timeout = 60

    def handle(self):
        try:
            self.talk()
        except OSError:
            pass  # The courier was killed.

    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def talk(self):
        self.reply("220 mx.remote.example ESMTP")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                self.reply("250-mx.remote.example\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"DATA":
                self.reply("354 go on")
                self.take()
            elif verb == b"QUIT":
                return self.reply("221 bye")
            else:
                self.reply("250 ok")

    def take(self):
        marker = None
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            if marker is None and (found := re.match(rb"Subject: (\S+)", line)):
                marker = found[1].decode()
        self.server.taken(marker)
        self.reply("250 ok")


class Remote(socketserver.ThreadingTCPServer):
    """Takes each letter and counts it by its subject."""
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 100

    def __init__(self):
        super().__init__((HOST_ADDRESS, 0), _Letters)
        self.port = self.server_address[1]
        self.lock, self.counts = threading.Lock(), {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def taken(self, marker):
        with self.lock:
            self.counts[marker] = self.counts.get(marker, 0) + 1

    def handle_error(self, request, client_address):
        pass

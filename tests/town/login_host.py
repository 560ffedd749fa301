# SPDX-License-Identifier: Apache-2.0
"""A relay that takes mail only from who has logged in, and a mail store that speaks LMTP."""
import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import threading

from network import inside, ipv4_of
from stub_host import Taken, _path, _read_letter, _say

USER, PASSWORD = "us@here.test", "correct horse"
ITERATIONS = 4096


class LoginHost:
    """Listens from `open` to `close`. `mechanisms`: those it offers, over TLS only; none: it wants no login.
    `path`: of a Unix socket, instead of a port."""

    def __init__(self, town, certificate=None, mechanisms=(), port=587, path=None, lmtp=False, extensions=()):
        self.mechanisms, self.port, self.path, self.lmtp, self.extensions = mechanisms, port, path, lmtp, extensions
        self.namespace = town.stub_namespace
        if not path:
            number = town.network.new_number()
            town.network.add_address(self.namespace, number)
            self.ipv4 = ipv4_of(number)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.taken, self.commands, self.logins, self.connections, self._listener = [], [], [], 0, None
        town.stubs.append(self)

    def open(self):
        if self.path:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.path))
            self.path.chmod(0o666)
        else:
            with inside(self.namespace):
                self._listener = socket.socket()
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((self.ipv4, self.port))
        self._listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self):
        if self._listener:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
            self._listener = None

    def letter(self, token):
        return next((taken for taken in list(self.taken) if token.encode() in taken.text), None)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except (OSError, AttributeError):
                return
            self.connections += 1
            connection.settimeout(60)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                _say(connection, "220 login.test")
                if self._converse(connection) == "STARTTLS":
                    self._converse(self.context.wrap_socket(connection, server_side=True))
        except (OSError, ConnectionError):
            pass

    def _converse(self, connection):
        lines = connection.makefile("rb")
        tls = isinstance(connection, ssl.SSLSocket)
        allowed, sender, recipients = not self.mechanisms, "", []
        for line in lines:
            command = line.decode().strip()
            self.commands.append(command)
            verb = command.upper().split(" ")[0].split(":")[0]
            if verb in ("EHLO", "LHLO"):
                if (verb == "LHLO") != self.lmtp:
                    _say(connection, "500 5.5.1 What?")
                    continue
                offers = ["login.test", *self.extensions, *(["STARTTLS"] if self.context and not tls else [])]
                offers += [f"AUTH {' '.join(self.mechanisms)}"] if tls and self.mechanisms else []
                _say(connection, *(f"250-{word}" for word in offers), "250 ENHANCEDSTATUSCODES")
            elif verb == "STARTTLS":
                _say(connection, "220 2.0.0 Go ahead")
                return verb
            elif verb == "AUTH":
                mechanism, *initial = command.split(" ")[1:]
                allowed = tls and getattr(self, "_" + mechanism.lower().replace("-", "_"))(connection, lines, initial)
                self.logins.append((mechanism, allowed))
                _say(connection, "235 2.7.0 Welcome" if allowed else "535 5.7.8 No")
            elif verb == "MAIL":
                sender, recipients = _path(command), []
                _say(connection, "250 2.1.0 Ok" if allowed else "530 5.7.0 Log in first")
            elif verb == "RCPT":
                known = not _path(command).startswith("nobody")
                recipients += [_path(command)] if known and allowed else []
                _say(connection, "250 2.1.5 Ok" if known and allowed else "550 5.1.1 Nobody")
            elif verb == "DATA":
                _say(connection, "354 Go ahead" if recipients else "554 5.5.1 No valid recipients")
                if recipients:
                    self.taken.append(Taken(sender, tuple(recipients), _read_letter(lines)))
                    _say(connection, *["250 2.0.0 Taken"] * (len(recipients) if self.lmtp else 1))
            elif verb == "QUIT":
                _say(connection, "221 2.0.0 Bye")
                return verb
            else:
                _say(connection, "250 2.0.0 Ok")

    @staticmethod
    def _ask(connection, lines, challenge):
        _say(connection, "334 " + base64.b64encode(challenge.encode()).decode())
        return base64.b64decode(next(lines).strip()).decode()

    def _plain(self, connection, lines, initial):
        return base64.b64decode(initial[0]).decode() == f"\0{USER}\0{PASSWORD}"

    def _login(self, connection, lines, initial):
        return (self._ask(connection, lines, "Username:"), self._ask(connection, lines, "Password:")) == (USER, PASSWORD)

    def _scram_sha_256(self, connection, lines, initial):  # RFC 5802 §3
        bare = base64.b64decode(initial[0]).decode().removeprefix("n,,")
        fields = dict(field.split("=", 1) for field in bare.split(","))
        salt, nonce = secrets.token_bytes(16), fields["r"] + secrets.token_hex(8)
        first = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
        final = self._ask(connection, lines, first)
        unproved, proof = final.rsplit(",p=", 1)
        said = f"{bare},{first},{unproved}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, ITERATIONS)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), said, "sha256")
        right = bytes(x ^ y for x, y in zip(client_key, signature)) == base64.b64decode(proof)
        if right and fields["n"].replace("=2C", ",").replace("=3D", "=") == USER:
            server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")
            return self._ask(connection, lines, "v=" + base64.b64encode(server).decode()) == ""
        return False

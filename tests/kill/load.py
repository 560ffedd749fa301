# SPDX-License-Identifier: Apache-2.0
"""Clients that never rest: senders that write down each 250, and readers that log in again and again."""
import hashlib
import random
import re
import socket
import threading
from dataclasses import dataclass

from house import ACCOUNTS, ADDRESS, PASSWORD


@dataclass(frozen=True)
class Accepted:
    marker: str
    id: str
    accounts: tuple  # of ours, each a recipient
    remote: bool


def text_of(marker):
    """A letter that shows by itself whether it is whole."""
    line = (hashlib.sha256(marker.encode()).hexdigest() + "\r\n")
    return f"From: load@house.example\r\nSubject: {marker}\r\n\r\n" + line * random.Random(marker).choice((3, 30, 300))


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection((ADDRESS, port), timeout=30)
        self.input = self.socket.makefile("rb")

    def line(self):
        line = self.input.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("closed")
        return line

    def close(self):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode())

    def smtp(self, text=""):
        self.send(text)
        while (line := self.line())[3:4] == b"-":
            pass
        return line.decode()

    def pop3(self, text=""):
        self.send(text)
        line = self.line().decode()
        if not line.startswith("+OK"):
            raise ConnectionError(line)
        return line


class Load:
    def __init__(self, house, seed, senders=3, readers=2):
        self.house, self.seed = house, seed
        self.stopped, self.changed = threading.Event(), threading.Condition()
        self.accepted, self.attempted, self.logins = [], 0, 0
        self.threads = [threading.Thread(target=self.sender, args=(n,), daemon=True) for n in range(senders)]
        self.threads += [threading.Thread(target=self.reader, args=(n,), daemon=True) for n in range(readers)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(90)
            assert not thread.is_alive(), "a client hangs"

    def wait_for(self, letters, seconds):
        """Until so many more letters are accepted, or the time is over."""
        with self.changed:
            goal = len(self.accepted) + letters
            self.changed.wait_for(lambda: len(self.accepted) >= goal, seconds)

    def sender(self, number):
        chance, count = random.Random(f"{self.seed}/{number}"), 0
        while not self.stopped.is_set():
            connection = None
            try:
                connection = Connection(self.house.smtp_port)
                connection.smtp()
                connection.smtp("EHLO load.example\r\n")
                for _ in range(chance.randint(1, 30)):
                    if self.stopped.is_set():
                        break
                    count += 1
                    self.send_one(connection, f"letter-{number}-{count}", chance)
            except OSError:
                pass  # Its gate was killed: another connection.
            finally:
                if connection:
                    connection.close()

    def send_one(self, connection, marker, chance):
        remote = chance.random() < 0.3
        accounts = tuple(chance.sample(ACCOUNTS, chance.randint(0 if remote else 1, 2)))
        recipients = [f"{name}@house.example" for name in accounts] + (["far@remote.example"] if remote else [])
        self.attempted += 1
        replies = [connection.smtp("MAIL FROM:<>\r\n")]
        replies += [connection.smtp(f"RCPT TO:<{recipient}>\r\n") for recipient in recipients]
        if all(reply.startswith("250") for reply in replies):
            replies.append(connection.smtp("DATA\r\n"))
            if replies[-1].startswith("354"):
                replies.append(connection.smtp(text_of(marker) + ".\r\n"))
                if found := re.match(r"250 .*queued as (\S+)", replies[-1]):
                    with self.changed:
                        self.accepted.append(Accepted(marker, found[1], accounts, remote))
                        self.changed.notify_all()
                    return
        connection.smtp("RSET\r\n")

    def reader(self, number):
        chance = random.Random(f"{self.seed}/reader/{number}")
        while not self.stopped.is_set():
            connection = None
            try:
                connection = Connection(self.house.pop3_port)
                connection.pop3()
                connection.pop3(f"USER {chance.choice(ACCOUNTS)}@house.example\r\n")
                connection.pop3(f"PASS {PASSWORD}\r\n")
                if int(connection.pop3("STAT\r\n").split()[1]):
                    connection.pop3("RETR 1\r\n")
                    while connection.line() != b".\r\n":
                        pass
                connection.pop3("QUIT\r\n")
                self.logins += 1
            except OSError:
                pass
            finally:
                if connection:
                    connection.close()


def read_all(house, account):
    """Marker -> how often the account has it. Every letter must be whole."""
    connection = Connection(house.pop3_port)
    connection.pop3()
    connection.pop3(f"USER {account}@house.example\r\n")
    connection.pop3(f"PASS {PASSWORD}\r\n")
    found = {}
    for number in range(1, int(connection.pop3("STAT\r\n").split()[1]) + 1):
        connection.pop3(f"RETR {number}\r\n")
        lines = []
        while (line := connection.line()) != b".\r\n":
            lines.append(line)
        letter = b"".join(lines).decode()
        marker = re.search(r"^Subject: (\S+)", letter, re.MULTILINE)[1]
        assert letter.endswith(text_of(marker)), f"{marker} is not as it was sent"
        found[marker] = found.get(marker, 0) + 1
    connection.pop3("QUIT\r\n")
    connection.close()
    return found

# SPDX-License-Identifier: Apache-2.0
"""What drives and what drains the servers: Postfix's own load tool and sink, and a sink that is choosy."""
import asyncio
import os
import socket
import threading
import time

from .accounting import Group


class Tools:
    def __init__(self, package):
        self.package = package
        self.group = Group("load")

    def send(self, port, letters, size, sessions=20, reuse=True, recipient="somebody@remote.test"):
        """Sends and returns when the last 250 is there."""
        source = self.source(port, letters, size, sessions, reuse, recipient)
        if source.wait() != 0:
            raise RuntimeError("smtp-source failed")

    def source(self, port, letters, size, sessions, reuse, recipient):
        return self.group.start(
            [self.package.tool("smtp-source"), "-s", sessions, "-m", letters, "-l", size, *(["-d"] if reuse else []),
             "-f", "sender@bench.test", "-t", recipient, "-M", "load.bench.test", f"127.0.0.1:{port}"],
            env=self.package.environment)

    def send_to_mailboxes(self, port, letters, size, mailboxes, sessions=20):
        """One session after another in each of `sessions` lanes, so that each mailbox gets its share."""
        def lane(boxes):
            for box in boxes:
                self.send(port, letters // len(mailboxes), size, sessions=1, recipient=f"{box}@local.test")
        lanes = [threading.Thread(target=lane, args=(mailboxes[i::sessions],)) for i in range(sessions)]
        for thread in lanes:
            thread.start()
        for thread in lanes:
            thread.join()

    def sink(self, port, work):
        return Sink(self, port, work)


class Sink:
    """smtp-sink, which counts the letters it has into a file."""

    def __init__(self, tools, port, work):
        self.counter = work / "sink-count"
        self.process = tools.group.start(
            [tools.package.tool("smtp-sink"), "-u", "postfix", "-c", f"127.0.0.1:{port}", "1024"], env=tools.package.environment,
            stdout=open(self.counter, "wb"), stderr=open(self.counter, "ab"))

    def taken(self):
        with open(self.counter, "rb") as file:
            file.seek(max(0, os.path.getsize(self.counter) - 200))
            last = file.read().decode(errors="replace").replace("\r", "\n").rsplit("mesg=", 1)
        return int(last[1].split()[0]) if len(last) == 2 and last[1].split() else 0

    def wait_for(self, letters, patience=90):
        end = time.monotonic() + patience
        while self.taken() < letters:
            time.sleep(0.005)
            if self.process.poll() is not None:
                raise RuntimeError(f"smtp-sink ended: {self.counter.read_text(errors='replace')[-200:]}")
            if time.monotonic() > end:
                raise TimeoutError(f"the sink has {self.taken()} of {letters} letters")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class ChoosySink:
    """Takes letters for fresh.test and defers all others: what parks letters, and shows that fresh ones pass them."""

    def __init__(self, port):
        self.refused, self.taken = 0, 0
        self.arrived = threading.Condition()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()

        def run():
            asyncio.set_event_loop(self.loop)
            self.server = self.loop.run_until_complete(asyncio.start_server(self._converse, "127.0.0.1", port))
            ready.set()
            self.loop.run_forever()
        threading.Thread(target=run, daemon=True).start()
        ready.wait()

    def wait_for(self, letters, patience=120):
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.taken >= letters, patience):
                raise TimeoutError("the fresh letter was not delivered")

    def stop(self):
        async def end():
            self.server.close()
            self.loop.stop()
        asyncio.run_coroutine_threadsafe(end(), self.loop)

    async def _converse(self, reader, writer):
        writer.write(b"220 sink.bench.test ESMTP\r\n")
        fresh = False
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-sink.bench.test\r\n250 PIPELINING\r\n")
                elif verb == b"RCPT" and b"@fresh.test" not in line:
                    self.refused += 1
                    writer.write(b"450 4.2.1 not today\r\n")
                    fresh = False
                elif verb == b"RCPT":
                    writer.write(b"250 ok\r\n")
                    fresh = True
                elif verb == b"DATA" and not fresh:
                    writer.write(b"554 5.5.1 no valid recipients\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    while await reader.readline() not in (b".\r\n", b""):
                        pass
                    with self.arrived:
                        self.taken += 1
                        self.arrived.notify_all()
                    writer.write(b"250 ok\r\n")
                elif verb == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 ok\r\n")
        except OSError:
            pass
        writer.close()


def send_one(port, recipient, patience=60):
    """A letter by hand, over a connection of its own; tries until somebody listens."""
    end = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                lines = connection.makefile("rb")
                if not lines.readline().startswith(b"220"):
                    raise ConnectionError
                for command in ("EHLO load.bench.test", "MAIL FROM:<sender@bench.test>", f"RCPT TO:<{recipient}>",
                                "DATA", "From: <sender@bench.test>\r\nSubject: fresh\r\n\r\nfresh\r\n."):
                    connection.sendall(command.encode() + b"\r\n")
                    while (line := lines.readline())[3:4] == b"-":
                        pass
                    if line[:1] not in b"23" or not line:
                        raise ConnectionError(line)
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def idle_sessions(port, count):
    """Connections that have said EHLO and now say nothing."""
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), 30)
        connection.recv(512)
        connection.sendall(b"EHLO idle.bench.test\r\n")
        connection.recv(2048)
        connections.append(connection)
    return connections

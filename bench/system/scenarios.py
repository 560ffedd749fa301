# SPDX-License-Identifier: Apache-2.0
"""What is measured. Each scenario takes a server (Posthouse or Postfix, the same interface) and returns figures."""
import time
from dataclasses import dataclass, field

from .load import ChoosySink, idle_sessions, send_one
from .posthouse import wait_for_port


@dataclass
class Setting:
    sink: int
    hold: bool = False
    mailboxes: list = field(default_factory=list)
    sessions: int = 100


@dataclass
class Bench:
    """What scenarios share."""
    tools: object
    work: object
    sink_port: int
    scale: float = 1.0

    def letters(self, full):
        return max(100, int(full * self.scale) // 100 * 100)


class Throughput:
    """Letters a second and what they cost. `pour` sends; it returns when nothing is left to do."""

    def __init__(self, setting, letters, size=4096, reuse=True):
        self.setting, self.full, self.size, self.reuse = setting, letters, size, reuse

    def measure(self, bench, server):
        letters = bench.letters(self.full)
        server.start(self.setting(bench))
        wait_for_port(server.port)
        self.open(bench)
        try:
            self.pour(bench, server, 200)  # Caches, connections, memory.
            server.group.quiet()
            tool = bench.tools.group
            before, tool_before, start = server.group.processor_seconds(), tool.processor_seconds(), time.monotonic()
            sent = self.pour(bench, server, letters)
            elapsed = time.monotonic() - start if sent is None else sent - start
            spent = server.group.processor_seconds() - before
            tool_spent = tool.processor_seconds() - tool_before
            return {"letters_per_second": letters / elapsed, "cpu_us": spent / letters * 1e6,
                    "tool_us": tool_spent / letters * 1e6, "cores_busy": (spent + tool_spent) / elapsed}
        finally:
            self.close()
            server.stop()

    def open(self, bench):
        pass

    def close(self):
        pass


class Held(Throughput):
    def pour(self, bench, server, letters):
        bench.tools.send(server.port, letters, self.size, reuse=self.reuse)


class Relayed(Throughput):
    def open(self, bench):
        self.sink, self.sent = bench.tools.sink(bench.sink_port, bench.work), 0

    def close(self):
        self.sink.stop()

    def pour(self, bench, server, letters):
        self.sent += letters
        bench.tools.send(server.port, letters, self.size, reuse=self.reuse)
        self.sink.wait_for(self.sent)
        return server.group.quiet()


class Filed(Throughput):
    def pour(self, bench, server, letters):
        bench.tools.send_to_mailboxes(server.port, letters, self.size, self.setting(bench).mailboxes)
        return server.group.quiet()


class IdleSessions:
    def measure(self, bench, server):
        count = int(1000 * min(1, bench.scale * 4))
        server.start(Setting(bench.sink_port, sessions=count + 100))
        try:
            wait_for_port(server.port)
            idle_sessions(server.port, 1)[0].close()
            server.group.quiet()
            before = server.group.memory_bytes()
            connections = idle_sessions(server.port, count)
            growth = server.group.memory_bytes() - before
            for connection in connections:
                connection.close()
            return {"idle_mib": before / 2**20, "growth_mib": growth / 2**20, "kib_a_session": growth / count / 1024}
        finally:
            server.stop()


class Parked:
    """Many letters wait for a host that defers them; what does that cost the others?"""

    def measure(self, bench, server):
        count = bench.letters(100_000)
        setting = Setting(bench.sink_port)
        sink = ChoosySink(bench.sink_port)
        try:
            server.start(setting)
            wait_for_port(server.port)
            empty = self._fresh(server, sink)
            server.group.quiet()
            before = server.group.memory_bytes()
            started = time.monotonic()
            bench.tools.send(server.port, count, 4096)
            while sink.refused < count:
                time.sleep(0.1)
                if time.monotonic() - started > 900:
                    raise TimeoutError(f"{sink.refused} of {count} were tried")
            server.group.quiet(patience=600)
            figures = {"parked": count, "park_seconds": time.monotonic() - started,
                       "growth_mib": (server.group.memory_bytes() - before) / 2**20,
                       "fresh_empty_ms": empty * 1000, "fresh_parked_ms": self._fresh(server, sink) * 1000,
                       "list_ms": server.list_first_page() * 1000}
            server.stop()
            server.start(setting, keep=True)
            taken, started = sink.taken, time.monotonic()
            send_one(server.port, "first@fresh.test")
            accepted = time.monotonic() - started
            sink.wait_for(taken + 1)
            return figures | {"restart_ms": (time.monotonic() - started) * 1000, "accepting_ms": accepted * 1000}
        finally:
            server.stop()
            sink.stop()

    @staticmethod
    def _fresh(server, sink):
        """The median of some letters' way from the connection to the sink's 250."""
        times = []
        for number in range(25):
            taken, started = sink.taken, time.monotonic()
            send_one(server.port, f"fresh{number}@fresh.test")
            sink.wait_for(taken + 1)
            times.append(time.monotonic() - started)
        return sorted(times)[len(times) // 2]


def held(bench):
    return Setting(bench.sink_port, hold=True)


def open_ended(bench):
    return Setting(bench.sink_port)


def hundred_mailboxes(bench):
    return Setting(bench.sink_port, mailboxes=[f"box{number}" for number in range(100)])


ALL = {
    "held": (Held(held, 20_000), "accepted and held, 4 KiB, 20 sessions, connections reused", 5, 8),
    "held-single": (Held(held, 10_000, reuse=False), "the same, one letter a connection", 3, None),
    "held-64k": (Held(held, 8_000, size=65536), "the same, 64 KiB letters, connections reused", 2, None),
    "relayed": (Relayed(open_ended, 10_000), "relayed to a sink, end to end, 4 KiB", 5, 8),
    "filed": (Filed(hundred_mailboxes, 10_000), "delivered to 100 local mailboxes, 4 KiB", 5, None),
    "idle": (IdleSessions(), "1,000 idle SMTP sessions", None, None),
    "parked": (Parked(), "100,000 letters parked in the queue", None, None),
}

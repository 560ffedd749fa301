# SPDX-License-Identifier: Apache-2.0
"""A whole Posthouse on ports of the kernel's choice and a data directory of its own, and its processes."""
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
ACCOUNTS = ("ada", "ben", "cleo", "dan")
PASSWORD = "correct horse battery staple"


def binary():
    return os.environ.get("POSTHOUSE_BINARY", str(SOURCE / "build/debug/posthouse"))


# An address that nothing connects from: while the house is down, no connection, its own clients' least of all, can get
# one of its ports by chance as the near end.
ADDRESS = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}"


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def eventually(what, condition, seconds):
    """Waits for the outside world: the condition's first value that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return value


class House:
    def __init__(self, folder, outbound_port, dns_port):
        self.folder = folder
        self.smtp_port, self.pop3_port, self.imap_port = free_port(), free_port(), free_port()
        self.config, self.log = folder / "posthouse.toml", folder / "log"
        self.process = None
        self.config.write_text(f"""
hostname = "mx.house.example"
data_dir = "{folder}/data"
[domains."house.example"]
[[listen]]
address = "{ADDRESS}:{self.smtp_port}"
protocol = "smtp"
[[listen]]
address = "{ADDRESS}:{self.pop3_port}"
protocol = "pop3"
plaintext_auth = true
[[listen]]
address = "{ADDRESS}:{self.imap_port}"
protocol = "imap"
plaintext_auth = true
[mailboxes]
undelete = "1d"
[dns]
servers = ["127.0.0.1:{dns_port}"]
dnssec = false
timeout = "2s"
[outbound]
port = {outbound_port}
[queue]
retry_first = "1s"
retry_maximum = "2s"
[limits]
sessions_per_client = 1000
[process]
gate_threads = 2
drain_seconds = 5
""")

    def start(self):
        """Until it is open. The log goes on where an earlier run's ended."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([binary(), "serve", "--config", str(self.config)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True)

        def opened():
            said = self.log.read_bytes()[begin:].decode(errors="replace")
            assert self.process.poll() is None, f"it left with code {self.process.returncode}:\n{said[-3000:]}"
            return "house.open" in said
        eventually("the house opens", opened, 60)

    def stop(self):
        if self.process is None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def kill_supervisor(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        eventually("the children follow their supervisor", lambda: not self.leftovers(), 20)

    def command(self, *words, text=None):
        done = subprocess.run([binary(), *words, "--config", str(self.config), "--json"], input=text, text=True,
                              capture_output=True, timeout=60)
        return done

    def ask(self, *words):
        """The command's JSON."""
        done = self.command(*words)
        assert done.returncode == 0, f"{words}: code {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def add_accounts(self):
        for name in ACCOUNTS:
            done = self.command("user", "add", f"{name}@house.example", "--password-stdin", text=PASSWORD + "\n")
            assert done.returncode == 0, done.stderr

    def members(self):
        """Name -> pid of each running process but the supervisor."""
        found = {}
        for pid, parent, words in processes():
            if parent == self.process.pid and len(words) >= 3 and words[1] == "--role":
                found[words[2]] = pid
        return found

    def leftovers(self):
        """Processes of the house of which a thread still lives: a dead one's sockets are open until the last has gone."""
        return [pid for pid in pids() if session_of(pid) == self.process.pid and any_thread_lives(pid)]


def pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def any_thread_lives(pid):
    for stat in Path("/proc", str(pid), "task").glob("*/stat"):
        try:
            if state_and_parent(stat)[0] not in "ZX":
                return True
        except OSError:
            pass  # It has gone in the meantime.
    return False


def state_and_parent(stat):
    return re.search(r"\) (\S) (\d+)", stat.read_text()).groups()


def processes():
    """Pid, parent and command line of each that runs."""
    for pid in pids():
        try:
            state, parent = state_and_parent(Path("/proc", str(pid), "stat"))
            words = Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if state not in "ZX":
            yield pid, int(parent), [word.decode(errors="replace") for word in words]


def session_of(pid):
    try:
        return os.getsid(pid)
    except OSError:
        return None

# SPDX-License-Identifier: Apache-2.0
"""What the servers that are compared have in common."""
import os
import shutil
import socket
import subprocess
import time

PASSWORD = "bench-password"


class Server:
    """`ports` has imap, imaps, pop3, pop3s and smtp. What it keeps is in `home`; it stays for the next run."""

    makes_text_index = False  # of its own accord

    def __init__(self, home, ports):
        self.home, self.ports = home, ports
        self.group = self.process = None
        self.users = []

    def certificate(self):
        certificate, key = self.home / "certificate.pem", self.home / "key.pem"
        if not key.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                            "-nodes", "-days", "30", "-subj", "/CN=mx.bench.test", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
        return certificate, key

    def expect_users(self, names):
        """Before it starts: who will be there."""
        self.users = list(names)

    def login_name(self, name):
        return name

    def stop(self):
        """Ends it and waits until all its processes have gone."""
        self.process.terminate()
        self.process.wait(120)
        end = time.monotonic() + 30
        while self.group.folder and self.group.processes() and time.monotonic() < end:
            time.sleep(0.05)
        self.group.close()

    def restart_cold(self):
        """The server anew, and nothing of its files in memory. Says whether that was possible."""
        self.stop()
        os.sync()
        try:
            with open("/proc/sys/vm/drop_caches", "w") as file:
                file.write("3")
            possible = True
        except OSError:
            possible = False
        self.start()
        return possible

    def forget_everything(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def wait_until_it_listens(self, patience=60):
        end = time.monotonic() + patience
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.ports["imap"]), 5) as connection:
                    if connection.recv(4).startswith(b"* OK"):
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.process.returncode}: see {self.home}")
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not listen on port {self.ports['imap']}")
            time.sleep(0.02)

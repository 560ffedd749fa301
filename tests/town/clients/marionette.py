# SPDX-License-Identifier: Apache-2.0
"""Mozilla's remote control, as far as Thunderbird is driven by it: https://firefox-source-docs.mozilla.org/testing/marionette/."""
import json
import socket

from network import inside

PORT = 2828


class Failed(Exception):
    pass


class Marionette:
    def __init__(self, namespace, patience):
        with inside(namespace):
            self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=patience)
        self.input, self.number = self.socket.makefile("rb"), 0
        self._receive()
        self.ask("WebDriver:NewSession", {})
        self.ask("WebDriver:SetTimeouts", {"script": patience * 1000})
        self.ask("Marionette:SetContext", {"value": "chrome"})

    def run(self, script, *arguments):
        """What an async function with that body returns; it runs with Thunderbird's own rights."""
        return self.ask("WebDriver:ExecuteScript", {"script": f"return (async (...args) => {{ {script} }})(...arguments)",
                                                    "args": arguments})["value"]

    def quit(self):
        self.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def ask(self, command, parameters):
        self.number += 1
        text = json.dumps([0, self.number, command, parameters])
        self.socket.sendall(f"{len(text.encode())}:{text}".encode())
        _, _, error, result = self._receive()
        if error:
            raise Failed(f"{command}: {error['error']}: {error['message']}\n{error.get('stacktrace', '')}")
        return result

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.input.read(1)
            if not byte:
                raise Failed("Thunderbird closed the connection")
            length += byte
        return json.loads(self.input.read(int(length[:-1])))

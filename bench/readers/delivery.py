# SPDX-License-Identifier: Apache-2.0
"""The way from SMTP to the mailbox: Dovecot's is through Postfix and LMTP."""
import time
from pathlib import Path

from system.load import Tools
from system.postfix import Package, Postfix
from system.posthouse import wait_for_port
from system.scenarios import Setting

from .posthouse import Posthouse

SIZE = 4096


class PostfixBefore(Postfix):
    """Gives its letters to a Dovecot's LMTP socket."""

    def __init__(self, package, work, port, dovecot):
        super().__init__(package, work, port)
        self.dovecot = dovecot

    def _configure(self, setting):
        super()._configure(setting)
        with open(self.home / "etc/main.cf", "a") as file:
            file.write(f"virtual_transport = lmtp:unix:{self.dovecot.run}/lmtp\n"
                       f"virtual_mailbox_maps = static:any\n")


def delivery(bench, server, boxes):
    Package.make_users()
    package = Package(Path(server.home).parents[2])
    tools = Tools(package)
    letters = bench.share(4000, least=200) // len(boxes) * len(boxes)
    port, groups = server.ports["smtp"], [server.group]
    postfix = None
    if not isinstance(server, Posthouse):
        postfix = PostfixBefore(package, server.home, port, server)
        postfix.start(Setting(sink=9, mailboxes=boxes))
        groups.append(postfix.group)
    try:
        wait_for_port(port)
        tools.send_to_mailboxes(port, 5 * len(boxes), SIZE, boxes)
        for group in groups:
            group.quiet()
        before = filed(bench, server, boxes)
        spent = -sum(group.processor_seconds() for group in groups)
        started = time.monotonic()
        tools.send_to_mailboxes(port, letters, SIZE, boxes)
        finished = max(group.quiet() for group in reversed(groups))
        spent += sum(group.processor_seconds() for group in groups)
        arrived = filed(bench, server, boxes) - before
        if arrived != letters:
            raise TimeoutError(f"{arrived} of {letters} letters are in the mailboxes")
        return {"delivery": letters / (finished - started), "delivery_cpu": spent / letters * 1e6}
    finally:
        if postfix:
            postfix.stop()
        tools.group.close()


def filed(bench, server, boxes):
    return sum(bench.run(server, "script", [box], script="time count EXAMINE INBOX\n")[0]["exists"] for box in boxes)

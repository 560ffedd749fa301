# SPDX-License-Identifier: Apache-2.0
"""One letter's way through the demonstration: by SMTP in, by POP3 out, with everything that is said.

demo.py SMTP_PORT POP3_PORT PASSWORD ID_FILE: sends as alice, fetches as bob, writes the letter's id to ID_FILE.
Leaves with 0 only if the letter came back byte for byte, behind the trace fields that SMTP requires.
"""
import re
import socket
import sys
import time
from email.utils import formatdate, make_msgid

PATIENCE = 30  # seconds
COLOURS = {"C": "36", "S": "33"} if sys.stdout.isatty() else {}


def letter():
    """What tends to get lost on the way: dots, 8-bit text, spaces at ends of lines, empty lines, no last text."""
    head = [f"From: Alice <alice@posthouse.test>", "To: Bob <bob@posthouse.test>",
            "Subject: =?UTF-8?Q?The_first_letter_through_=E9=A9=BF=E7=AB=99?=", f"Date: {formatdate()}",
            f"Message-ID: {make_msgid(domain='posthouse.test')}", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    body = ["Dear Bob,", "", "the couriers changed horses at 驿站, and this letter went on.", ".", "..hidden dots.",
            "two spaces at the end  ", "", "Alice", ""]
    return "".join(line + "\r\n" for line in head + [""] + body).encode()


class Dialogue:
    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.input = self.connection.makefile("rb")

    def say(self, line, shown=None):
        tell("C", shown or line)
        self.connection.sendall(line.encode() + b"\r\n")

    def line(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            sys.exit("the server closed the connection")
        return line

    def smtp(self, expected, line=None):
        """Says the line; all lines of the reply, which has to be the expected one."""
        if line is not None:
            self.say(line)
        reply = []
        while not reply or reply[-1][3:4] == "-":
            reply.append(self.line().decode(errors="replace").rstrip())
            tell("S", reply[-1])
        if not reply[-1].startswith(expected):
            sys.exit(f"expected {expected}")
        return reply

    def pop3(self, line=None, shown=None):
        if line is not None:
            self.say(line, shown)
        reply = self.line().decode(errors="replace").rstrip()
        tell("S", reply)
        if not reply.startswith("+OK"):
            sys.exit("expected +OK")
        return reply

    def lines(self):
        """The lines of a multi-line POP3 response, unstuffed."""
        taken = []
        while (line := self.line()) != b".\r\n":
            taken.append(line[1:] if line.startswith(b".") else line)
        return b"".join(taken)


def tell(who, line):
    print(f"  \033[{COLOURS[who]}m{who}: {line}\033[0m" if COLOURS else f"  {who}: {line}", flush=True)


def send(port, text):
    server = Dialogue(port)
    server.smtp("220")
    server.smtp("250", "EHLO alice.posthouse.test")
    server.smtp("250", "MAIL FROM:<alice@posthouse.test> BODY=8BITMIME")
    server.smtp("250", "RCPT TO:<bob@posthouse.test>")
    server.smtp("354", "DATA")
    for line in text.decode().splitlines():
        tell("C", "." + line if line.startswith(".") else line)
    tell("C", ".")
    server.connection.sendall(re.sub(rb"(?m)^\.", b"..", text) + b".\r\n")
    reply = server.smtp("250")[-1]
    server.smtp("221", "QUIT")
    if not (found := re.search(r"queued as (\S+)", reply)):
        sys.exit("the reply names no id")
    return found[1]


def fetch(port, password, text):
    """The letter as bob gets it. Filing is not part of accepting, so it may take a moment."""
    marker = re.search(rb"Message-ID: \S+", text)[0]
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        server = Dialogue(port)
        server.pop3()
        server.pop3("USER bob@posthouse.test")
        server.pop3(f"PASS {password}", "PASS ********")
        count = int(server.pop3("STAT").split()[1])
        if count:
            server.pop3(f"RETR {count}")
            fetched = server.lines()
            if marker in fetched:
                for line in fetched.decode(errors="replace").splitlines():
                    tell("S", line)
                server.pop3("QUIT")
                return fetched
        server.pop3("QUIT")
        print("  (not there yet; once more)")
        time.sleep(0.2)
    sys.exit(f"the letter did not arrive within {PATIENCE} s")


def added_in_front(fetched, text):
    """The header fields in front of the letter as it was sent; None where it is not that letter."""
    if not fetched.endswith(text):
        return None
    front = fetched[: len(fetched) - len(text)]
    fields = re.findall(rb"([!-9;-~]+):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", front)
    whole = re.fullmatch(rb"(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*", front)
    return [name.decode() for name in fields] if whole else None


def main():
    smtp_port, pop3_port, password, id_file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    text = letter()
    print("Alice sends (SMTP):")
    identity = send(smtp_port, text)
    with open(id_file, "w") as file:
        file.write(identity + "\n")
    print("Bob fetches (POP3):")
    fetched = fetch(pop3_port, password, text)
    added = added_in_front(fetched, text)
    if added is None:
        sys.exit("the letter that arrived is not the one that was sent")
    print(f"All {len(text)} bytes arrived as they were sent, behind {', '.join(added) or 'nothing'}.")


main()

# SPDX-License-Identifier: Apache-2.0
"""The ways in besides port 25: balancers, Unix sockets, LMTP, the sendmail command's socket and its drop; and what is
found out about whoever comes."""
import re
import socket
import threading

import pytest

from letters import compose, trace_fields
from network import inside
from patience import until
from smtp_client import SmtpClient

STRANGER = "10.77.0.66"
BALANCED = 2525


class UnixClient(SmtpClient):
    """The same through a Unix socket, or behind a header of its own."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.input = self.socket.makefile("rb")
        self.greeting = self.reply()


class Balancer(SmtpClient):
    def __init__(self, town, host, header):
        with inside(town.desk):
            self.socket = socket.create_connection((host.address, BALANCED), timeout=20)
        self.socket.sendall(header)
        self.input = self.socket.makefile("rb")
        self.greeting = self.reply()


@pytest.fixture(scope="module")
def doors(town):
    host = town.found_posthouse("doors.test")
    places = town.folder / "doors"
    places.mkdir()
    host.lmtp, host.socket, host.drop = places / "lmtp", places / "run" / "submit", places / "drop"
    host.listen += [{"address": f"0.0.0.0:{BALANCED}", "protocol": "smtp", "proxy_from": [f"{town.desk_address}/32"]},
                    {"address": f"unix:{host.lmtp}", "protocol": "lmtp", "mode": "0666"}]
    host.config["submission"] = {"socket": host.socket, "drop": host.drop}
    host.config["smtp"].update({"ident": True, "ident_timeout": "2s", "etrn_networks": [town.desk_address]})
    town.dns.publish("66.0.77.10.in-addr.arpa. PTR stranger.test.", f"stranger.test. A {STRANGER}",
                     f"{town.desk_address.split('.')[3]}.0.77.10.in-addr.arpa. PTR mx.doors.test.")
    host.start()
    host.add_user("bob")
    yield host
    town.remove(host)


def received(text):
    return re.sub(r"\r\n[ \t]+", " ", re.search(r"^Received: (?:.*\r\n[ \t])*.*", text, re.M)[0])


def trace_of(doors, letter):
    return received(trace_fields(doors.arrived(letter), letter))


def test_a_clients_name_is_told_where_its_own_addresses_confirm_it(town, doors):
    letter = compose()
    with doors.smtp(town.stranger) as client:
        client.hello("liar.test")
        assert client.send(letter, "alice@a.test", "bob@doors.test").code == 250
    assert f"from liar.test (stranger.test [{STRANGER}])" in trace_of(doors, letter)


def test_a_name_that_its_addresses_do_not_confirm_is_not_told(town, doors):
    letter = compose()
    with doors.smtp() as client:
        client.hello()
        assert client.send(letter, "alice@a.test", "bob@doors.test").code == 250
    assert f"from desk.test ([{town.desk_address}])" in trace_of(doors, letter)


def test_an_ident_servers_word_is_told_as_a_claim(town, doors):
    with inside(town.stranger):
        server = socket.create_server(("0.0.0.0", 113))
    server.settimeout(20)
    asked = []

    def answer():
        caller, _ = server.accept()
        with caller:
            asked.append(caller.makefile("rb").readline().decode().strip())
            caller.sendall(f"{asked[0]} : USERID : UNIX : eve\r\n".encode())

    thread = threading.Thread(target=answer)
    thread.start()
    letter = compose()
    with doors.smtp(town.stranger) as client:
        port = client.socket.getsockname()[1]
        client.hello()
        assert client.send(letter, "alice@a.test", "bob@doors.test").code == 250
    thread.join()
    server.close()
    assert asked == [f"{port}, 25"]
    assert f"(stranger.test [{STRANGER}]) (ident says eve)" in trace_of(doors, letter)


@pytest.mark.parametrize("header", [
    pytest.param(f"PROXY TCP4 {STRANGER} 10.77.0.1 40000 25\r\n".encode(), id="text"),
    pytest.param(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton(STRANGER) + socket.inet_aton("10.77.0.1")
                 + b"\x9c\x40\0\x19", id="binary")])
def test_a_balancer_says_who_its_client_is(town, doors, header):
    letter = compose()
    with Balancer(town, doors, header) as client:
        client.hello()
        client.expect(250, "MAIL FROM:<alice@a.test>")
        client.expect(550, "RCPT TO:<someone@far.test>")  # The desk might; its client may not.
        client.expect(250, "RSET")
        assert client.send(letter, "alice@a.test", "bob@doors.test").code == 250
    assert f"(stranger.test [{STRANGER}])" in trace_of(doors, letter)


def test_a_balancer_without_a_header_is_shut_out_and_a_strangers_header_is_not_believed(town, doors):
    with pytest.raises(ConnectionError):
        Balancer(town, doors, b"EHLO desk.test\r\n")
    with inside(town.stranger):
        stranger = socket.create_connection((doors.address, BALANCED), timeout=20)
    with stranger:
        assert stranger.recv(1000).startswith(b"220 ")
        stranger.sendall(f"PROXY TCP4 {town.desk_address} 10.77.0.1 40000 25\r\n".encode())
        assert stranger.recv(1000).startswith(b"500 ")


def test_lmtp_answers_for_each_recipient_and_trusts_nobody_for_a_socket(doors):
    letter = compose()
    with UnixClient(doors.lmtp) as client:
        assert client.greeting.text.endswith("LMTP")
        client.expect(500, "EHLO store.test")
        client.expect(250, "LHLO store.test")
        client.expect(250, "MAIL FROM:<alice@a.test>")
        client.expect(250, "RCPT TO:<bob@doors.test>")
        client.expect(550, "RCPT TO:<nobody@doors.test>")
        client.expect(550, "RCPT TO:<someone@far.test>")
        client.expect(250, "RCPT TO:<bob@doors.test>")
        client.expect(354, "DATA")
        client.socket.sendall(letter.text + b".\r\n")
        assert [client.reply().code, client.reply().code] == [250, 250]
        client.expect(221, "QUIT")
    copies = until(lambda: doors.letters_of("bob@doors.test", letter.token.encode()) or None, "the letter")
    assert b"with LMTP" in copies[0]


def test_the_sendmail_commands_socket_knows_who_calls(doors):
    assert oct(doors.socket.stat().st_mode)[-3:] == "666"
    letter = compose()
    with UnixClient(doors.socket) as client:
        client.hello("localhost")
        client.expect(250, "MAIL FROM:<bob@doors.test>")
        client.expect(250, "RCPT TO:<someone@far.test>")  # This host's users may send to anyone.
        client.expect(250, "RSET")
        assert client.send(letter, "bob@doors.test", "bob@doors.test").code == 250
    assert "by mx.doors.test (from user 0) with ESMTP" in trace_of(doors, letter)


def test_letters_that_were_left_while_the_server_was_down_are_collected_when_it_is_back(doors):
    doors.stop()
    assert oct(doors.drop.stat().st_mode)[-4:] == "1733"
    letter = compose()
    (doors.drop / "1.letter").write_bytes(b"sender bob@doors.test\nrecipient bob@doors.test\noption ret HDRS\n\n" + letter.text)
    (doors.drop / "2.tmp").write_bytes(b"sender bob@doors.test\n")  # Not yet whole.
    (doors.drop / "3.letter").write_bytes(b"what is this\n\n")
    doors.start()
    assert "by mx.doors.test (from user 0) id" in trace_of(doors, letter)
    until(lambda: sorted(file.name for file in doors.drop.iterdir()) == ["2.tmp", "3.bad"], "the drop is looked through")
    assert "event=drop.unfit file=3.bad" in doors.log()


def test_etrn_is_for_those_who_may(town, doors):
    with doors.smtp() as client:
        assert "ETRN" in client.hello().text.split("\n")
        assert client.say("ETRN far.test").code in (250, 251, 252, 253)
        client.expect(501, "ETRN #queue")
    with doors.smtp(town.stranger) as client:
        client.hello()
        assert client.say("ETRN far.test").code in (458, 459)

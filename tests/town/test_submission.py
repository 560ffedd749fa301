# SPDX-License-Identifier: Apache-2.0
"""People hand letters in: by STARTTLS and by TLS from the first byte, as themselves and as nobody else."""
import email
import re
import shutil
import smtplib
import ssl
import subprocess

import pytest

from certificates import make_certificate
from letters import compose
from network import inside
from patience import PATIENCE, until
from posthouse import PASSWORD
from program import inside_command


def anyone():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def office(town):
    """A house where ann and ben may hand letters in, and the desk is nobody special."""
    house = town.found_posthouse("office.test")
    certificate, key = make_certificate(town.folder, house.name)
    house.config["tls"] = {"certificate": certificate, "key": key}
    house.config["smtp"]["trusted_networks"] = []
    house.config["submit"] = {"letters_per_hour": 500}
    house.listen += [{"address": "0.0.0.0:587", "protocol": "submission"},
                     {"address": "0.0.0.0:465", "protocol": "submission", "tls": "implicit"}]
    house.start()
    for person in ("ann", "ben"):
        house.add_user(person)
    yield house
    town.remove(house)


@pytest.fixture
def terms(office):
    """Sets [submit] for one test."""
    before = dict(office.config["submit"])

    def set_terms(**terms):
        office.config["submit"] = {**before, **terms}
        office.write_config()
        assert "reloaded" in office.reload()

    yield set_terms
    set_terms()


def starttls(office):
    with inside(office.town.desk):
        client = smtplib.SMTP(office.address, 587, local_hostname="desk.test", timeout=20)
    client.starttls(context=anyone())
    return client


def implicit(office):
    with inside(office.town.desk):
        return smtplib.SMTP_SSL(office.address, 465, local_hostname="desk.test", timeout=20, context=anyone())


def refusal(call, *arguments):
    with pytest.raises(smtplib.SMTPException) as error:
        call(*arguments)
    # Of one recipient, of all of them, of the letter
    found = getattr(error.value, "recipients", None)
    code, text = next(iter(found.values())) if found else (error.value.smtp_code, error.value.smtp_error)
    return f"{code} {text.decode()}"


@pytest.mark.parametrize("door", [starttls, implicit])
def test_a_letter_is_handed_in_with_a_login_only(office, b, door):
    ann = f"ann@{office.domain}"
    with door(office) as client:
        letter = compose(sender=ann)
        assert "530 5.7.0" in refusal(client.sendmail, ann, "bob@b.test", letter.text)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(ann, "wrong")
        client.login(ann, PASSWORD)
        client.sendmail(ann, "bob@b.test", letter.text)
    arrived = b.arrived(letter)
    assert arrived.endswith(letter.text)
    assert b"with ESMTPSA" in arrived.partition(b"by " + office.name.encode())[2]


def test_passwords_are_not_asked_for_in_the_clear(office):
    with inside(office.town.desk):
        client = smtplib.SMTP(office.address, 587, local_hostname="desk.test", timeout=20)
    client.ehlo()
    assert "PLAIN" not in client.esmtp_features.get("auth", "") and client.has_extn("starttls")
    client.starttls(context=anyone())
    client.ehlo()
    assert {"PLAIN", "LOGIN"} <= set(client.esmtp_features["auth"].split())
    client.quit()


def test_nobody_sends_as_somebody_else(office):
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    with implicit(office) as client:
        client.login(ann, PASSWORD)
        for sender, author in ((ben, ann), (ann, ben), ("eve@b.test", ann), (ann, "eve@b.test")):
            said = refusal(client.sendmail, sender, ben, compose(sender=author).text)
            assert "550" in said and "5.7.1" in said and ann in said, said
            client.rset()
        detail = compose(sender=f"ann+lists@{office.domain}")
        client.sendmail(f"ann+lists@{office.domain}", ben, detail.text)
        receipt = compose(sender=ann)
        client.sendmail("", ben, receipt.text)
    office.arrived(detail, "ben")
    office.arrived(receipt, "ben")


def test_aliases_and_delegations_are_ones_own_too(office):
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    office.ask("user", "alias", "add", ann, f"info@{office.domain}")
    office.ask("user", "delegate", "add", ben, ann)
    with implicit(office) as client:
        client.login(ann, PASSWORD)
        for sender in (f"info@{office.domain}", ben):
            letter = compose(sender=sender)
            client.sendmail(sender, ben, letter.text)
            office.arrived(letter, "ben")
    with implicit(office) as client:
        client.login(ben, PASSWORD)
        assert "5.7.1" in refusal(client.sendmail, ann, ben, compose(sender=ann).text)


def test_what_is_missing_is_added_and_bcc_goes(office):
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    token = compose().token
    with implicit(office) as client:
        client.login(ann, PASSWORD)
        client.sendmail("ann", ["ben"], f"To: ben, carl@b.test\r\nBcc: dora@b.test,\r\n emil@b.test\r\nX-Token: {token}\r\n\r\nHi\r\n")
    [text] = until(lambda: office.letters_of(ben, token.encode()) or None, "the letter")
    letter = email.message_from_bytes(text)
    assert letter["From"] == ann and letter["Return-Path"] == f"<{ann}>"
    assert letter["To"] == f"<{ben}>, <carl@b.test>"
    assert letter["Date"] and letter["Message-ID"] and not letter["Bcc"] and b"emil" not in text


def test_the_trace_tells_who_had_logged_in_and_received_hides_where(office, terms):
    terms(hide_client=True)
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    letter = compose(sender=ann)
    with implicit(office) as client:
        client.login(ann, PASSWORD)
        client.sendmail(ann, ben, letter.text)
    received = office.arrived(letter, "ben").partition(letter.text)[0]
    assert office.town.desk_address.encode() not in received and b"desk.test" not in received, received
    letter_id = re.search(rb"\sid\s+([^\s;]+)", received)[1].decode()
    assert ann in office.ask("trace", letter_id)


def test_an_account_has_its_allowance(office, terms):
    terms(letters_per_hour=2, recipients=3)
    ann, ben = office.add_user("frugal"), f"ben@{office.domain}"
    with implicit(office) as client:
        client.login(ann, PASSWORD)
        for _ in range(2):
            client.sendmail(ann, ben, compose(sender=ann).text)
        assert "450" in refusal(client.sendmail, ann, ben, compose(sender=ann).text)
    terms(recipients=3)
    with implicit(office) as client:
        client.login(ben, PASSWORD)
        refused = client.sendmail(ben, [f"p{n}@b.test" for n in range(4)], compose(sender=ben).text)
        assert [code for code, _ in refused.values()] == [452]


def test_the_submission_door_is_no_way_in_for_others(office):
    with starttls(office) as client:
        client.ehlo()
        code, text = client.docmd("MAIL", "FROM:<eve@b.test>")
        assert code == 530 and b"5.7.0" in text


def run_at_desk(town, *words, **more):
    return subprocess.run([*inside_command(town.desk), *map(str, words)], capture_output=True, text=True,
                          timeout=PATIENCE, **more)


@pytest.mark.skipif(not shutil.which("swaks"), reason="there is no swaks")
@pytest.mark.parametrize("how", [["--port", "587", "--tls"], ["--port", "465", "--tls-on-connect"]])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_hands_a_letter_in(office, how, mechanism):
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    token = compose().token
    done = run_at_desk(office.town, "swaks", "--server", office.address, *how, "--auth", mechanism, "--auth-user", ann,
                       "--auth-password", PASSWORD, "--from", ann, "--to", ben, "--header", f"X-Token: {token}",
                       "--body", "Hi", "--suppress-data")
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: office.letters_of(ben, token.encode()) or None, "the letter")


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-256"])
def test_curl_hands_a_letter_in(office, scheme, mechanism):
    if mechanism.startswith("SCRAM") and "gsasl" not in run_at_desk(office.town, "curl", "-V").stdout.lower():
        pytest.skip("this curl knows no SCRAM")
    ann, ben = (f"{name}@{office.domain}" for name in ("ann", "ben"))
    letter = compose(sender=ann)
    port = 465 if scheme == "smtps" else 587
    file = office.folder / "letter"
    file.write_bytes(letter.text)
    done = run_at_desk(office.town, "curl", "-sS", "--ssl-reqd", "--insecure", "--login-options", f"AUTH={mechanism}",
                       "-u", f"{ann}:{PASSWORD}", "--mail-from", ann, "--mail-rcpt", ben, "--mail-auth", ann,
                       "-T", file, f"{scheme}://{office.address}:{port}/desk.test")
    assert done.returncode == 0, done.stderr
    office.arrived(letter, "ben")

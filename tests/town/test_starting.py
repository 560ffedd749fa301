# SPDX-License-Identifier: Apache-2.0
"""What a server says that cannot start: one clear sentence for each fault, and the exit code of sysexits.h."""
import re
import socket
import subprocess

import pytest

from certificates import make_certificate
from network import inside

UNAVAILABLE, CANNOT_CREATE, TEMPORARY, CONFIG = 69, 73, 75, 78


def test_a_wrong_configuration_is_named_by_file_line_and_key(house):
    house.config[""]["log_level"] = "chatty"
    house.write_config()
    line = 1 + [row.split(" ")[0] for row in house.config_path.read_text().splitlines()].index("log_level")
    code, sentences = house.run_to_its_end()
    assert code == CONFIG
    assert len(sentences) == 1
    assert f"{house.config_path}:{line}" in sentences[0] and "log_level" in sentences[0] and "warning" in sentences[0]


def test_all_that_is_wrong_is_said_in_one_go(house):
    house.config[""]["log_level"] = "chatty"
    house.config["queue"]["lifetime"] = "long"
    house.config["limits"] = {"no_such_key": 1}
    house.write_config()
    code, sentences = house.run_to_its_end()
    assert code == CONFIG
    assert len(sentences) == 3
    assert all(re.search(rf"{house.config_path}:\d+", sentence) for sentence in sentences), sentences


def test_a_file_that_is_no_toml_is_named_with_its_line(house):
    house.config_path.write_text('hostname = "mx.test"\n[limits\n')
    code, sentences = house.run_to_its_end()
    assert code == CONFIG
    assert f"{house.config_path}:2" in sentences[0]


def test_a_missing_configuration_is_named(house):
    code, sentences = house.run_to_its_end()
    assert code == CONFIG
    assert str(house.config_path) in sentences[0]


def test_a_missing_certificate_is_named(house):
    house.config["tls"] = {"certificate": house.folder / "none.pem", "key": house.folder / "none.key"}
    one_sentence(house, CONFIG, str(house.folder / "none.pem"))


def test_a_key_of_another_certificate_is_refused(town, house):
    certificate, _ = make_certificate(town.folder, "one.test")
    _, key = make_certificate(town.folder, "other.test")
    house.config["tls"] = {"certificate": certificate, "key": key}
    one_sentence(house, CONFIG, str(certificate))


def test_a_port_in_use_is_named(house):
    with inside(house.namespace):
        with socket.create_server(("0.0.0.0", 25)):
            one_sentence(house, UNAVAILABLE, "0.0.0.0:25")


def test_a_data_directory_that_cannot_be_made_is_named(house):
    (house.folder / "file").write_text("in the way")
    house.config[""]["data_dir"] = house.folder / "file/data"
    one_sentence(house, CANNOT_CREATE, str(house.folder / "file/data"))


def test_a_data_directory_that_cannot_be_written_is_named(house):
    house.data.mkdir()
    house.mounts = [f"mount -t tmpfs -o ro none {house.data}"]
    one_sentence(house, CANNOT_CREATE, str(house.data))


def test_a_second_server_on_one_data_directory_is_refused_and_the_first_goes_on(house):
    house.start()
    first = house.program
    assert first.pid == int((house.data / "posthouse.pid").read_text())
    one_sentence(house, TEMPORARY, str(house.data), str(first.pid))
    with house.smtp() as client:
        client.hello()


@pytest.mark.parametrize("words", [["check"], ["serve"]])
def test_check_says_what_serve_would_say(house, words):
    house.config["smtp"]["trusted_networks"] = ["everyone"]
    house.write_config()
    done = subprocess.run(house.command(*words, "--config", house.config_path), capture_output=True, text=True, timeout=30)
    assert done.returncode == CONFIG
    assert "trusted_networks" in done.stderr + done.stdout
    assert re.search(rf"{house.config_path}:\d+", done.stderr + done.stdout)


def one_sentence(house, expected_code, *words):
    house.write_config()
    code, sentences = house.run_to_its_end()
    assert code == expected_code, sentences
    assert len(sentences) == 1, sentences
    for word in words:
        assert word in sentences[0]

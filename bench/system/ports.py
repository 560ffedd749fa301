# SPDX-License-Identifier: Apache-2.0
import socket


def free_ports(count):
    """Ports nobody has now; servers cannot be asked to choose, since each must know the other's."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports

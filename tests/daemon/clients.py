# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Clients of the metrics server that are not nice: clients.py KIND PORT [N]
import resource
import socket
import sys
import time

kind, port = sys.argv[1], int(sys.argv[2])
n = int(sys.argv[3]) if len(sys.argv) > 3 else 1
GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


def connect():
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    return s


def read_all(s):
    got = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return got
        got += more


def idle():
    """Many that say nothing; how many answers the one beside them got."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
    quiet = []
    answers = 0
    for i in range(n):
        quiet.append(connect())
        if i % (n // 10) == 0:
            s = connect()
            s.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"/healthz")
            answers += read_all(s).endswith(b"ok\n")
    print(answers)
    sys.stdout.flush()
    sys.stdin.readline()


def never():
    """A request that never ends: it is hung up on."""
    s = connect()
    s.sendall(b"GET / HTTP/1.1\r\nX: ")
    s.settimeout(0.2)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            s.sendall(b"x")
            if not s.recv(1):
                break
        except socket.timeout:
            continue
        except OSError:
            break
    else:
        sys.exit(1)


def deaf():
    """Ask for much and read nothing; the ends are told when all have asked."""
    those = []
    for _ in range(n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", port))
        s.sendall(GET % b"/metrics")
        those.append(s)
    print("asked")
    sys.stdout.flush()
    sys.stdin.readline()


def twice():
    """Two requests at once on one connection, then a third."""
    s = connect()
    s.sendall(GET % b"/healthz" + GET % b"/healthz")
    got = b""
    while got.count(b"\r\n\r\nok\n") < 2:
        got += s.recv(4096)
    s.sendall(GET % b"/healthz")
    assert s.recv(4096).endswith(b"\r\n\r\nok\n")


def slowly():
    """Octet by octet, and complete in the end."""
    s = connect()
    for octet in GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") % b"/healthz":
        s.sendall(bytes([octet]))
    assert read_all(s).endswith(b"ok\n")


def bad():
    """Prints the status of what cannot be a request."""
    statuses = []
    for text in (b"nonsense\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n", b"GET x HTTP/1.1\r\n\r\n",
                 b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n", b"\0\r\n\r\n",
                 b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        s = connect()
        s.sendall(text)
        s.settimeout(1)
        try:
            got = read_all(s)
        except socket.timeout:
            got = b"HTTP/1.1 none "
        statuses.append(got.split(b" ")[1].decode() if got else "closed")
    print(*statuses)


globals()[kind]()

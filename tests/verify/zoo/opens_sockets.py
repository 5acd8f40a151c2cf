# Wants to talk to somebody.
import socket
import urllib.request


def attempt(action):
    try:
        action()
        print("DID IT")
    except OSError:
        pass


attempt(lambda: socket.create_connection(("127.0.0.1", CANARY_PORT), timeout=2))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", CANARY_PORT)))
attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
attempt(lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"))
attempt(lambda: urllib.request.urlopen("http://127.0.0.1:%d/" % CANARY_PORT, timeout=2))

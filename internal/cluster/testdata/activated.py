"""A server that is given its socket, as systemd does (sd_listen_fds(3))."""
import os
import socket

assert os.environ["LISTEN_PID"] == str(os.getpid()), "not mine"
server = socket.socket(fileno=3)
while True:
    conn, _ = server.accept()
    conn.recv(4096)
    body = str(os.getpid())
    conn.sendall(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    conn.close()

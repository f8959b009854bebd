#!/usr/bin/env python3
"""A web server in Python that knows nothing of forever.

Try:  forever start --name hello examples/server.py
      curl http://127.0.0.1:8081/
      forever stop hello

PORT chooses the port (8081); 0 takes a free one.
"""

import http.server
import os
import signal
import sys


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"hello from {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    # The stop signal becomes an ordinary end of the program, with code 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = ("", int(os.environ.get("PORT", "8081")))
    with http.server.ThreadingHTTPServer(address, Hello) as server:
        # stdout is a pipe here, which Python fills before it writes.
        print(f"{os.getpid()} listens on port {server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

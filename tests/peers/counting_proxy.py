#!/usr/bin/env python3
"""Stands between a client and a simulated region, passes everything on as it is, and counts the calls by action.

    python3 counting_proxy.py UPSTREAM      such as http://127.0.0.1:4577

It listens on a free port of 127.0.0.1 and prints its address. What counts is what the client sent: a call that was
refused, and then repeated, is two. `POST /take` answers with the counts since the last such request, as JSON, and
begins anew. Standard library only.
"""

import collections
import http.client
import http.server
import json
import re
import sys
import threading
import urllib.parse

# Belong to one connection and are not passed on: RFC 9110, section 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

# Among the counts: calls that the proxy did not get through. With any, the others are worth nothing.
LOST = "lost"

SERVICE = re.compile(r"Credential=[^/]*/[^/]*/[^/]*/([^/]*)/aws4_request")


class Counts:
    """Calls by action, from all connections."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_action = collections.Counter()

    def add(self, action) -> None:
        with self.lock:
            self.by_action[action] += 1

    def take(self) -> dict:
        with self.lock:
            taken, self.by_action = self.by_action, collections.Counter()
        return dict(sorted(taken.items()))


def action_of(path, headers, body) -> str:
    """`service:Action`, as IAM writes it, in any of the protocols that EC2, IAM, STS and CloudWatch Logs speak."""
    signed = SERVICE.search(headers.get("Authorization", ""))
    service = signed.group(1) if signed else "unsigned"
    if target := headers.get("X-Amz-Target"):  # AWS JSON
        return f"{service}:{target.rpartition('.')[2]}"
    if "/operation/" in path:  # Smithy RPC
        return f"{service}:{path.rpartition('/')[2]}"
    fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"))  # query
    return f"{service}:{fields.get('Action', ['?'])[0]}"


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream = None
    counts = Counts()

    def do_POST(self):
        if "Content-Length" not in self.headers:
            self.send_error(411, "the counting proxy passes on bodies of a known length only")
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/take":
            self.answer(200, [("Content-Type", "application/json")], json.dumps(self.counts.take()).encode())
            return
        self.counts.add(action_of(self.path, self.headers, body))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers.pop("Expect", None)  # answered already
        try:
            status, answered, content = self.ask_the_region(headers, body)
        except (OSError, http.client.HTTPException) as error:
            self.counts.add(LOST)
            self.send_error(502, f"the region does not answer: {error}")
            return
        self.answer(status, answered, content)

    def ask_the_region(self, headers, body):
        # A connection of its own for every call: the region closes idle ones, and the client would repeat a call that
        # got lost with one.
        region = http.client.HTTPConnection(self.upstream, timeout=300)
        try:
            region.request("POST", self.path, body, headers)
            response = region.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            region.close()

    def answer(self, status, headers, body) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Proxy(http.server.ThreadingHTTPServer):
    """The listener: as many connections may wait as a client likes to open at once."""

    request_queue_size = 128
    daemon_threads = True


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Handler.upstream = urllib.parse.urlsplit(sys.argv[1]).netloc
    with Proxy(("127.0.0.1", 0), Handler) as proxy:
        print(f"http://127.0.0.1:{proxy.server_port}", flush=True)
        proxy.serve_forever()


if __name__ == "__main__":
    main()

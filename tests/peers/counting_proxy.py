#!/usr/bin/env python3
"""Stands between a client and a simulated region, passes everything on as it is, and counts the calls by action.

    python3 counting_proxy.py [--delay MS] UPSTREAM      such as http://127.0.0.1:4577

It listens on a free port of 127.0.0.1 and prints its address. With --delay every call takes at least so long: it is
held before it is passed on, however many others are held at the same time. What counts is what the client sent: a call
that was refused, and then repeated, is two. Standard library only.

    POST /take          what was counted since the last such request, as JSON, and begins anew: `calls` by action;
                        `creating`, those that make something; `refused` by code, the answers from 400 upward; `lost`,
                        the calls that the proxy did not get through
    POST /hold/K        from the K-th creating call on nobody is answered any more: that call still gets to the region,
                        and whatever comes after it does not
    POST /held          answers with the action of that call as soon as it was made; 504 if it is not within ten minutes
    POST /release       ends the connections of all that are held, without an answer, and passes on again
"""

import argparse
import collections
import http.client
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse

# Belong to one connection and are not passed on: RFC 9110, section 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

SERVICE = re.compile(r"Credential=[^/]*/[^/]*/[^/]*/([^/]*)/aws4_request")

# The actions by which something comes into being. Tags and settings are none of them: without them the thing is there.
CREATING = re.compile(
    r"\w+:(Create(?!Tags$)|Run|Allocate|AssociateRouteTable|Attach|Authorize|AddRoleToInstanceProfile|PutRolePolicy)"
)

# The code of an error, in the protocols of EC2 and IAM and in those of CloudWatch Logs.
CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')

# How long `/held` waits.
TIMEOUT_S = 600


class Counts:
    """Calls from all connections."""

    def __init__(self):
        self.lock = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        self.by_action = collections.Counter()
        self.refused = collections.Counter()
        self.creating = 0
        self.lost = 0

    def take(self) -> dict:
        with self.lock:
            taken = {
                "calls": dict(sorted(self.by_action.items())),
                "creating": self.creating,
                "refused": dict(sorted(self.refused.items())),
                "lost": self.lost,
            }
            self.begin_anew()
        return taken


class Hold:
    """The moment from which on nobody is answered any more."""

    def __init__(self):
        self.changed = threading.Condition()
        self.left = None  # creating calls until then; None: it never comes
        self.holds = False
        self.made = None  # the action of the call that was the last

    def arm(self, calls) -> None:
        with self.changed:
            self.left, self.holds, self.made = calls, False, None

    def release(self) -> None:
        with self.changed:
            self.left, self.holds, self.made = None, False, None
            self.changed.notify_all()

    def comes(self, creating) -> str:
        """What is to become of a call that comes now: `pass`, `pass and hold`, or `hold`."""
        with self.changed:
            if self.holds:
                return "hold"
            if self.left is not None and creating:
                self.left -= 1
                if self.left == 0:
                    self.holds = True
                    return "pass and hold"
            return "pass"

    def is_made(self, action) -> None:
        with self.changed:
            self.made = action
            self.changed.notify_all()

    def wait_until_made(self):
        """The action of that call; `None` if it does not come."""
        with self.changed:
            return self.changed.wait_for(lambda: self.made, TIMEOUT_S) or None

    def wait_until_released(self) -> bool:
        """Tells whether it had to wait."""
        with self.changed:
            waits = self.holds
            self.changed.wait_for(lambda: not self.holds)
            return waits


def call_of(path, headers, body) -> tuple:
    """The action as `service:Action`, as IAM writes it, in any of the protocols that EC2, IAM, STS and CloudWatch Logs
    speak; and whether it makes something."""
    signed = SERVICE.search(headers.get("Authorization", ""))
    service = signed.group(1) if signed else "unsigned"
    is_tried_only = False
    if target := headers.get("X-Amz-Target"):  # AWS JSON
        name = target.rpartition(".")[2]
    elif "/operation/" in path:  # Smithy RPC
        name = path.rpartition("/")[2]
    else:  # query
        fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        name = fields.get("Action", ["?"])[0]
        is_tried_only = fields.get("DryRun") == ["true"]
    action = f"{service}:{name}"
    return action, bool(CREATING.match(action)) and not is_tried_only


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body in one piece.
    wbufsize = -1
    upstream = None
    delay_s = 0.0
    counts = Counts()
    hold = Hold()

    def do_POST(self):
        if "Content-Length" not in self.headers:
            self.send_error(411, "the counting proxy passes on bodies of a known length only")
            return
        arrived = time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "Authorization" not in self.headers and self.is_for_the_proxy():
            return
        action, creating = call_of(self.path, self.headers, body)
        with self.counts.lock:
            self.counts.by_action[action] += 1
            self.counts.creating += creating
        becomes = self.hold.comes(creating)
        if becomes == "hold":
            self.hold.wait_until_released()
            self.close_connection = True
            return
        time.sleep(max(0.0, arrived + self.delay_s - time.monotonic()))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers.pop("Expect", None)  # answered already
        try:
            status, answered, content = self.ask_the_region(headers, body)
        except (OSError, http.client.HTTPException) as error:
            with self.counts.lock:
                self.counts.lost += 1
            self.send_error(502, f"the region does not answer: {error}")
            return
        if status >= 400:
            code = CODE.search(content)
            code = (code.group(1) or code.group(2)).decode("utf-8", "replace") if code else "no code"
            with self.counts.lock:
                self.counts.refused[f"{status} {code}"] += 1
        if becomes == "pass and hold":
            self.hold.is_made(action)
        if self.hold.wait_until_released():
            self.close_connection = True
            return
        self.answer(status, answered, content)

    def is_for_the_proxy(self) -> bool:
        """Answers what is not for the region; returns whether it was that."""
        if self.path == "/take":
            self.answer(200, [("Content-Type", "application/json")], json.dumps(self.counts.take()).encode())
        elif self.path.startswith("/hold/") and self.path[6:].isdigit():
            self.hold.arm(int(self.path[6:]))
            self.answer(200, [], b"")
        elif self.path == "/held":
            action = self.hold.wait_until_made()
            self.answer(200 if action else 504, [("Content-Type", "text/plain")], (action or "").encode())
        elif self.path == "/release":
            self.hold.release()
            self.answer(200, [], b"")
        else:
            return False
        return True

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

    def handle_error(self, request, client_address):
        # A client that was killed takes no answer.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0, metavar="MS")
    parser.add_argument("upstream", metavar="UPSTREAM")
    options = parser.parse_args()
    Handler.upstream = urllib.parse.urlsplit(options.upstream).netloc
    Handler.delay_s = options.delay / 1000
    with Proxy(("127.0.0.1", 0), Handler) as proxy:
        print(f"http://127.0.0.1:{proxy.server_port}", flush=True)
        proxy.serve_forever()


if __name__ == "__main__":
    main()

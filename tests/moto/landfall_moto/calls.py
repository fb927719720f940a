"""What stands before moto: it counts the calls, and spoils those that a test asks it to spoil.

    GET  /landfall/health        {"status": "ok"}
    GET  /landfall/calls         {"CreateVpc": 1, …} since the start or the last reset
    POST /landfall/calls/reset
    GET  /landfall/fail          the faults that are still to come
    POST /landfall/fail          {"action": "CreateSubnet", "code": "InternalError"}: one more; see `Fault`
    DELETE /landfall/fail        forget them all

Not counted, and not spoiled, are these calls, moto's own (/moto-api/), and those of a client that has
`landfall-observer` in its user agent: a test's own look at the account.
"""

import collections
import dataclasses
import fnmatch
import io
import json
import socket
import sys
import threading
import traceback
import urllib.parse
import uuid
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response


@dataclasses.dataclass
class Fault:
    """An error in the place of an answer."""

    action: str  # a name such as CreateSubnet, or a pattern such as Create*
    code: str = "InternalError"
    message: str = "An internal error has occurred"
    status: int = 500  # 0: no answer at all, the connection is closed
    times: int = 1  # how many calls it meets
    skip: int = 0  # how many it lets through before that
    after_effect: bool = False  # the call takes effect, and only its answer is lost

    def meets(self, action: str) -> bool:
        """Whether this call is spoiled. Counts it."""
        if self.times == 0 or not fnmatch.fnmatchcase(action, self.action):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclasses.dataclass
class Call:
    service: str
    action: str
    json: bool

    @classmethod
    def of(cls, environ, body: bytes) -> "Call":
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
        service = scope[3] if len(scope) == 5 else ""
        target = environ.get("HTTP_X_AMZ_TARGET")
        if target:
            return cls(service, target.rpartition(".")[2], True)
        query = urllib.parse.parse_qs(body.decode("utf-8", "replace")) or urllib.parse.parse_qs(
            environ.get("QUERY_STRING", "")
        )
        action = query.get("Action", [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"])[0]
        return cls(service, action, False)

    def error(self, status: int, code: str, message: str) -> Response:
        """An error as the service that was called writes it."""
        request_id = str(uuid.uuid4())
        if self.json:
            text, kind = json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.1"
        elif self.service == "ec2":
            text, kind = EC2_ERROR.format(code=escape(code), message=escape(message), id=request_id), "text/xml"
        else:
            blame = "Receiver" if status >= 500 else "Sender"
            fields = {"blame": blame, "code": escape(code), "message": escape(message), "id": request_id}
            text, kind = QUERY_ERROR.format(**fields), "text/xml"
        return Response(text, status, {"x-amzn-RequestId": request_id}, content_type=kind)


EC2_ERROR = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{id}</RequestID></Response>"
)
QUERY_ERROR = (
    "<ErrorResponse><Error><Type>{blame}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{id}</RequestId></ErrorResponse>"
)


OBSERVER = "landfall-observer"


class Front:
    """The WSGI application that the server serves."""

    def __init__(self, moto, verbose: bool = False):
        self.moto = moto
        self.verbose = verbose
        self.counts = collections.Counter()
        self.faults: list[Fault] = []
        # One call at a time: moto's models are not made for threads, and a client that sends many calls at once
        # would otherwise see things that only moto can do.
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/landfall/"):
            with self.lock:
                answer = self.control(Request(environ))
        elif path.startswith("/moto-api"):
            with self.lock:
                answer = Response.from_app(self.moto, environ, buffered=True)
        else:
            body = Request(environ).get_data()
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            environ.pop("wsgi.input_terminated", None)
            with self.lock:
                answer = self.call(Call.of(environ, body), environ)
        if answer is None:
            hang_up(environ)
            answer = Response()
        return answer(environ, start_response)

    def call(self, call: Call, environ) -> Response | None:
        if OBSERVER in environ.get("HTTP_USER_AGENT", ""):
            return self.ask_moto(call, environ)
        self.counts[call.action] += 1
        fault = next((fault for fault in self.faults if fault.meets(call.action)), None)
        if fault is None:
            return self.ask_moto(call, environ)
        if fault.after_effect:
            self.ask_moto(call, environ)
        if fault.status == 0:
            return None
        return call.error(fault.status, fault.code, fault.message)

    def ask_moto(self, call: Call, environ) -> Response:
        try:
            return Response.from_app(self.moto, environ, buffered=True)
        except Exception as error:
            # Where moto does not know how to go on it raises, and would answer with a page of HTML under a status
            # that clients retry. 501 is final, and this error says what is wrong.
            if self.verbose:
                traceback.print_exc(file=sys.stderr)
            return call.error(501, "NotImplementedByMoto", f"{call.action}: {type(error).__name__}: {error}")

    def control(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/landfall/health":
                return as_json({"status": "ok"})
            case "GET", "/landfall/calls":
                return as_json(dict(sorted(self.counts.items())))
            case "POST", "/landfall/calls/reset":
                self.counts.clear()
                return as_json({})
            case "POST", "/landfall/fail":
                try:
                    self.faults.append(Fault(**json.loads(request.get_data())))
                except (TypeError, ValueError) as error:
                    return as_json({"error": str(error)}, 400)
            case "DELETE", "/landfall/fail":
                self.faults.clear()
            case "GET", "/landfall/fail":
                pass
            case _:
                return as_json({"error": f"no such thing: {request.method} {request.path}"}, 404)
        self.faults = [fault for fault in self.faults if fault.times > 0]
        return as_json([dataclasses.asdict(fault) for fault in self.faults])


def as_json(value, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def hang_up(environ) -> None:
    """Close the connection under the answer; the server notices when it tries to write it."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)

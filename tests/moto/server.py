#!/usr/bin/env python3
"""A fake AWS on this machine: moto, repaired where it differs from AWS in a way that matters to landfall.

    python server.py --port 0 --port-file FILE

It listens on 127.0.0.1 only. FILE appears, whole, once it answers; its content is the port. It ends on SIGTERM
or SIGINT, and when the process that started it is no longer there. See landfall_moto/calls.py for /landfall/….
"""

import argparse
import os
import pathlib
import signal
import sys
import threading
import time

HOST = "127.0.0.1"
# How many times as fast as AWS, as a simulated region announces it.
TIME_SCALE = "20"


def main() -> None:
    options = arguments()
    prepare_environment()

    # Only now: moto reads its settings when it is imported.
    import landfall_moto
    from landfall_moto import calls
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    if not options.plain:
        landfall_moto.install(pending_reads=options.pending_reads)

    class QuietHandler(MotoRequestHandler):
        def end_headers(self):
            # Nothing takes as long here as on AWS; without a word of it landfall would look as seldom as there.
            self.send_header("x-landfall-time-scale", TIME_SCALE)
            super().end_headers()

        def log_request(self, *args, **kwargs):
            if options.verbose:
                super().log_request(*args, **kwargs)

    app = calls.Front(DomainDispatcherApplication(create_backend_app), options.verbose)
    server = make_server(HOST, options.port, app, threaded=True, request_handler=QuietHandler)
    for number in (signal.SIGTERM, signal.SIGINT):
        # moto keeps nothing on disk and its threads hold nothing that needs an orderly end.
        signal.signal(number, lambda *_: os._exit(0))
    end_with_parent(watch_stdin=options.until_stdin_closes)
    if options.port_file:
        write_whole(options.port_file, f"{server.port}\n")
    if options.verbose:
        print(f"http://{HOST}:{server.port}", file=sys.stderr)
    server.serve_forever()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0, the default, is any free one")
    parser.add_argument("--port-file", type=pathlib.Path, help="where to write the port once the server answers")
    parser.add_argument(
        "--pending-reads",
        type=int,
        default=0,
        metavar="N",
        help="instances and NAT gateways are seen to change only after N describes (default 0: at once)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end also when standard input does")
    parser.add_argument("--plain", action="store_true", help="moto without the repairs, to see what they are for")
    parser.add_argument("--verbose", action="store_true", help="log calls, and where moto fails, to standard error")
    return parser.parse_args()


def prepare_environment() -> None:
    # AmazonS3ReadOnlyAccess and the like exist in every account.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # moto asks boto3 for a few things that want credentials and a region to be there; they go nowhere.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID="fake", AWS_SECRET_ACCESS_KEY="fake", AWS_DEFAULT_REGION="us-east-1")


def end_with_parent(watch_stdin: bool) -> None:
    """End this process when nobody is left to use it, also if that one was killed and could say nothing."""
    parent = os.getppid()

    def wait_for_parent():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    def wait_for_stdin():
        while sys.stdin.buffer.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    if watch_stdin:
        threading.Thread(target=wait_for_stdin, daemon=True).start()


def write_whole(path: pathlib.Path, text: str) -> None:
    """A reader sees nothing or all of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


if __name__ == "__main__":
    main()

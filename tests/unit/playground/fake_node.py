"""A fake Node.js with a fake client: enough to see what the launcher starts, and ends.

Run as `node`: answers `--version`, or serves the two addresses a client answers when ready. What
it does otherwise stands in `behaviour.json` beside it.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

BEHAVIOUR = json.loads((Path(sys.argv[0]).parent / "behaviour.json").read_text("utf-8"))


class Client(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        config = json.loads(Path(".m365agentsplayground.yml").read_text("utf-8"))
        if BEHAVIOUR.get("somebody_else"):
            config["currentUser"]["id"] = "somebody else"
        body = b"pong" if self.path == "/_debug/ping" else json.dumps({"config": config}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(BEHAVIOUR.get("version", "v20.1.0") + "\n")
        return
    if "exit" in BEHAVIOUR:
        sys.exit(BEHAVIOUR["exit"])
    if BEHAVIOUR.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path("pid").write_text(str(os.getpid()), "utf-8")
    Path("arguments.json").write_text(json.dumps(sys.argv[1:]), "utf-8")
    port = int(sys.argv[sys.argv.index("--port") + 1])
    HTTPServer(("127.0.0.1", port), Client).serve_forever()


if __name__ == "__main__":
    main()

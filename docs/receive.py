"""A dashboard that does nothing but receive recordings: put it behind TLS, see upload.md.

    python docs/receive.py token GYM STRAP    # gives out a strap's token, once
    STORE=/srv/hinge-imu uvicorn --app-dir docs receive:app --ssl-certfile dashboard.pem --ssl-keyfile dashboard.key

Recordings come to stand in ``$STORE/GYM/STRAP``; each is noted as a line in ``$STORE/received.jsonl``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from hinge_imu.dashboard.tokens import Tokens
from hinge_imu.dashboard.uploads import LIMIT_BYTES, uploads

STORE = Path(os.environ.get("STORE", "."))
TOKENS = Tokens(STORE / "tokens.json")


def note(path: Path, about: Mapping[str, str]) -> None:
    """Note that a recording has arrived."""
    with (STORE / "received.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"path": str(path.relative_to(STORE)), **about}) + "\n")


if __name__ == "__main__":
    sys.stdout.write(TOKENS.new(sys.argv[2], sys.argv[3]) + "\n")
else:
    limit = int(os.environ.get("LIMIT_BYTES", LIMIT_BYTES))
    app = Starlette(routes=[Mount("/uploads", uploads(STORE, TOKENS.strap_of, note, limit_bytes=limit))])

"""A stand-in for curl where there is none, with the few options that the docs use.

Writes the answer's body and, on a line of its own, the status.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import requests

_FORM = "application/x-www-form-urlencoded"


def main() -> None:
    """Send the request that the arguments describe."""
    parser = argparse.ArgumentParser("curl")
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", "--data-binary", dest="data", action="append", default=[])
    arguments = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in arguments.headers)
    body = b"&".join(_read(data) for data in arguments.data) or None
    if body is not None:
        headers = {"Content-Type": _FORM} | headers
    method = arguments.method or ("GET" if body is None else "POST")
    answer = requests.request(method, arguments.url, headers=headers, data=body, timeout=60)
    sys.stdout.write(f"{answer.text}\n{answer.status_code}")


def _read(data: str) -> bytes:
    return Path(data[1:]).read_bytes() if data.startswith("@") else data.encode()


if __name__ == "__main__":
    main()

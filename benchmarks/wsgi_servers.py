"""granian beside gunicorn: a bare Flask JSON echo, the same processes and threads. `python -m benchmarks.wsgi_servers`

The two serve at the same time of day by turns, since a machine's speed drifts; what counts is their ratio.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from multiprocessing import get_context
from multiprocessing.queues import Queue

from flask import Flask, Response, jsonify, request

PROCESSES, THREADS, CONNECTIONS, SECONDS, ROUNDS = 2, 16, 16, 5.0, 5

app = Flask(__name__)


@app.post("/")
def echo() -> Response:
    """The least that an endpoint of ours could do."""
    return jsonify(request.get_json())


def command(server: str, port: int) -> list[str]:
    """The command line of a server, set up as alike as the two allow."""
    target, python = "benchmarks.wsgi_servers:app", [sys.executable, "-m"]
    if server == "granian":
        return [
            *python, "granian", target, "--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "error",
            "--port", str(port), "--workers", str(PROCESSES), "--blocking-threads", str(THREADS),
        ]  # fmt: skip
    return [
        *python, "gunicorn", target, "--worker-class", "gthread", "--bind", f"127.0.0.1:{port}",
        "--log-level", "error", "--workers", str(PROCESSES), "--threads", str(THREADS),
    ]  # fmt: skip


def converse(port: int, until: float, latencies: list[float]) -> None:
    """Post and read answers over one connection that is kept alive, until then."""
    body = b'{"name": "Ada", "comment": "Thank you for this article, it helped me a lot."}'
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    message = head.encode() + body
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (began := time.perf_counter()) < until:
            connection.sendall(message)
            answer = connection.recv(4096)
            while b"\r\n\r\n" not in answer or not answer.endswith(b"}\n"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            latencies.append(time.perf_counter() - began)


def load(port: int, answers: Queue[list[float]]) -> None:
    """All connections, from one process."""
    latencies: list[float] = []
    until = time.perf_counter() + SECONDS
    threads = [threading.Thread(target=converse, args=(port, until, latencies)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(latencies)


def measure(server: str) -> tuple[float, float]:
    """Requests per second, and the 99th percentile of their times in milliseconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(command(server, port), start_new_session=True, env=os.environ | {"PYTHONPATH": "."})
    try:
        wait_for(port)
        spawn = get_context("spawn")
        answers: Queue[list[float]] = spawn.Queue()
        client = spawn.Process(target=load, args=(port, answers))
        client.start()
        latencies = answers.get(timeout=SECONDS + 30)
        client.join()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    return len(latencies) / SECONDS, statistics.quantiles(latencies, n=100)[98] * 1000


def wait_for(port: int) -> None:
    """Until the server accepts connections."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            time.sleep(1)  # the second process, too
            return
    raise TimeoutError("the server does not listen")


def main() -> None:
    """Print each round, and the medians."""
    print(f"{PROCESSES} processes, {THREADS} threads, {CONNECTIONS} connections, {SECONDS:.0f} s by turns")
    rates: dict[str, list[float]] = {"granian": [], "gunicorn": []}
    for _ in range(ROUNDS):
        for server, results in rates.items():
            rate, slow = measure(server)
            results.append(rate)
            print(f"{server:<9}{rate:>8.0f} requests/s   99% within {slow:.1f} ms", flush=True)
    medians = {server: statistics.median(results) for server, results in rates.items()}
    print(f"median: granian {medians['granian']:.0f}, gunicorn {medians['gunicorn']:.0f}: "
          f"{medians['granian'] / medians['gunicorn']:.2f} times")  # fmt: skip


if __name__ == "__main__":
    main()

"""A TOS in one file: give work, follow it, prepare the crane's moves, and check off what has been done.

    python examples/tos_client.py http://127.0.0.1:8080 NAME.SECRET work.json

`work.json` is a list of job orders as `POST /v1/job-orders` takes them. Ends when all of them have ended; started
again, it gives the same work again (nothing is done twice) and goes on behind the last event it has seen.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ENDED = {"completed", "aborted"}
SEEN = Path("tos_client.seen")  # the last event that was dealt with: its run and its id, as the stream says them


def give_work(client: httpx.Client, jobs: list[dict]) -> None:
    """All job orders at once; the key makes it safe to try again after a lost answer."""
    body = json.dumps({"job_orders": jobs}).encode()
    headers = {"Idempotency-Key": hashlib.sha256(body).hexdigest(), "Content-Type": "application/json"}
    while True:
        try:
            answer = client.post("/v1/job-order-batches", content=body, headers=headers)
        except httpx.TransportError as error:
            print(f"trying again: {error}")
        else:
            if answer.status_code < 500:
                break
        time.sleep(2.0)
    if answer.is_success:
        print(f"{len(jobs)} job orders taken")
        return
    refused = answer.json()
    for problem in refused["problems"]:
        print(f"{problem['pointer']} = {problem['value']}: {problem['message']}; {problem['cure']}", file=sys.stderr)
    sys.exit(f"refused: {answer.status_code} {refused['detail']}")


def follow(client: httpx.Client, seen: str) -> Iterator[tuple[str, dict]]:
    """Events as they come, each with what to say in order to go on behind it; so it is after a lost connection."""
    while True:
        try:
            headers = {"Last-Event-ID": seen}
            with client.stream("GET", "/v1/events", headers=headers, timeout=httpx.Timeout(10.0, read=60.0)) as stream:
                if stream.status_code == 410:  # the terminal has begun another run, whose events count from 1
                    seen = "0"
                    continue
                stream.raise_for_status()
                for line in stream.iter_lines():
                    if line.startswith("id: "):
                        seen = line.removeprefix("id: ")
                    elif line.startswith("data: "):
                        yield seen, json.loads(line.removeprefix("data: "))
        except httpx.TransportError as error:
            print(f"connecting again: {error}")
        time.sleep(1.0)


def report(client: httpx.Client, path: str, body: dict) -> None:
    """Say what a crane has done; 409 means that it was said already, or is not under way any more."""
    answer = client.post(path, json=body)
    if answer.status_code != 409:
        answer.raise_for_status()


def main(url: str, key: str, file: str) -> None:
    """Run the work of a file."""
    jobs = json.loads(Path(file).read_text(encoding="utf-8"))
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=30.0) as client:
        give_work(client, jobs)
        states = {job["id"]: client.get(f"/v1/job-orders/{job['id']}").json()["state"] for job in jobs}
        open_jobs = {name for name, state in states.items() if state not in ENDED}
        events = follow(client, SEEN.read_text() if SEEN.exists() else "0")
        while open_jobs:
            seen, event = next(events)
            kind, job, crane = event["kind"], event["job_order"], event["crane"]
            if job in states:
                print(f"{event['id']:>6} {job}: {kind} {event['truck'] or ''} {event['code']}")
            if kind == "prepare" and job in open_jobs:  # the crane says when it is ready; here it always is
                report(client, f"/v1/cranes/{crane}/ready", {"job_order": job})
            if kind == "handover" and job in open_jobs:  # and when crane and truck are apart again
                body = {"truck": event["truck"], "job_orders": event["job_orders"] or [job]}
                report(client, f"/v1/cranes/{crane}/handovers", body)
            if kind in ENDED:
                open_jobs.discard(job)
            SEEN.write_text(seen)
    print("all job orders have ended")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

"""The live part of scripts/quickstart: a local Kinesis, the IoT pipeline of the documentation, sensors that talk, alerts that come out."""

import argparse
import datetime
import json
import random
import signal
import sys
import time

from harness.laminar import ROOT, Laminar
from harness.servers import KinesisLocal
from harness.sql import page
from harness.streams import StreamReader, create_stream, put_all

REGION = "eu-west-1"
SITES = ["Lyon", "Porto", "Gdańsk", "Graz"]


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def say(text=""):
    print(text, flush=True)


def reading(rng):
    """What a sensor says now. One in four runs hot."""
    device = rng.randrange(20)
    temperature = rng.gauss(36, 4) if device % 4 == 0 else rng.gauss(22, 3)
    return {"device_id": f"sensor-{device:02d}", "location": {"site": SITES[device // 4 % 4], "rack": device % 4}, "temperature": round(temperature, 1),
            "humidity": round(rng.uniform(30, 60), 1), "pressure": round(rng.gauss(1013, 5), 1),
            "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def shown(alert):
    details = alert["details"]
    mark = {"critical": "31", "warning": "33"}.get(alert["severity"], "36")
    severity = f"\033[{mark}m{alert['severity']:<8}\033[0m" if sys.stdout.isatty() else f"{alert['severity']:<8}"
    return f"  {alert['detected_at'][11:23]}  {severity}  {alert['device_id']}  {details['temperature']:5.1f} °C  {details['location']['site']}"


def live(run, client, seconds):
    """Sensors talk for `seconds`; prints the alerts as they come. Returns (readings put, alerts expected, alerts seen)."""
    rng = random.Random()
    reader = StreamReader(client, "iot-alerts")
    put = expected = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rows = [reading(rng) for _ in range(5)]
        put_all(client, "iot-sensors", [json.dumps(row).encode() for row in rows])
        put += len(rows)
        expected += sum(row["temperature"] > 30 for row in rows)
        for record in reader.poll():
            say(shown(json.loads(record.data)))
        if run.process.poll() is not None:
            raise RuntimeError(f"the pipeline ended: {run.describe()}")
        time.sleep(0.2)
    deadline = time.monotonic() + 10
    while len(reader.records) < expected and time.monotonic() < deadline:
        for record in reader.poll():
            say(shown(json.loads(record.data)))
    return put, expected, len(reader.records)


def closing(server, script, keep):
    endpoint = server.endpoint if keep else "http://127.0.0.1:PORT"
    say()
    say(bold("What next"))
    say(f"  The pipeline that ran:         {script.relative_to(ROOT)}")
    say("  The binary:                    build/release/laminar  (run, check, explain, infer, tail, put, replay, ...)")
    say("  On your own streams:           export AWS_PROFILE=...; build/release/laminar run pipeline.sql")
    if keep:
        say("  On this local Kinesis, in another terminal:")
        say(f"    export AWS_ENDPOINT_URL={endpoint} AWS_REGION={REGION} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test")
        say(f"    build/release/laminar run {script.relative_to(ROOT)}")
    else:
        say("  Keep the local Kinesis up:     scripts/quickstart --keep")
    say("  All options and the SQL:       README.md, docs/")


def main():
    parser = argparse.ArgumentParser(prog="scripts/quickstart")
    parser.add_argument("--seconds", type=float, default=10, help="how long the sensors talk")
    parser.add_argument("--keep", action="store_true", help="leave the local Kinesis running until Ctrl-C")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    script = ROOT / "build/quickstart/iot.sql"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(page("iot"))

    say(bold("Starting a local Kinesis (kinesis-local) with the streams iot-sensors and iot-alerts"))
    with KinesisLocal(region=REGION) as server:
        client = server.client()
        create_stream(client, "iot-sensors", 2)
        create_stream(client, "iot-alerts", 1)
        say(bold(f"Running: laminar run {script.relative_to(ROOT)}"))
        with Laminar(["run", script], endpoint=server.endpoint) as run:
            run.wait_reading(30)
            say(bold(f"It reads. Twenty sensors talk for {arguments.seconds:.0f} seconds; the alerts, as boto3 reads them from iot-alerts:"))
            put, expected, seen = live(run, client, arguments.seconds)
            code = run.stop()
            say()
            say(bold(f"{put} readings put, {seen} alerts out of {expected} expected; the pipeline stopped with exit code {code}"))
            if seen != expected or code != 0:
                say(run.describe())
                return 1
        closing(server, script, arguments.keep)
        if arguments.keep:
            say()
            say("The local Kinesis runs until Ctrl-C.")
            signal.pause()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("\nstopped")
        sys.exit(130)

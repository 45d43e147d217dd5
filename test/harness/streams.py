"""Streams through boto3: create, fill, split, merge, and read everything back."""

import random
import time
from dataclasses import dataclass

from harness.process import wait_for

MAX_RECORDS, MAX_BYTES = 500, 4_000_000


@dataclass(frozen=True)
class Record:
    shard: str
    sequence: int
    key: str
    data: bytes
    seen: float  # time.time() at which we had it
    arrived: float = 0.0  # the service's approximate arrival time


def create_stream(client, name, shards=1):
    """Creates the stream and waits until it is active. The client's region decides where."""
    client.create_stream(StreamName=name, ShardCount=shards)
    wait_active(client, name)


def wait_active(client, name):
    def active():
        return client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"

    wait_for(active, 30, f"stream {name} to become active")


def list_shards(client, name):
    shards, token = [], {}
    while True:
        page = client.list_shards(**(token or {"StreamName": name}))
        shards += page["Shards"]
        if not page.get("NextToken"):
            return shards
        token = {"NextToken": page["NextToken"]}


def open_shards(client, name):
    return [s for s in list_shards(client, name) if "EndingSequenceNumber" not in s["SequenceNumberRange"]]


def split_shard(client, name, shard):
    """Splits the shard (as list_shards describes it) in the middle of its hash range."""
    hash_range = shard["HashKeyRange"]
    middle = (int(hash_range["StartingHashKey"]) + int(hash_range["EndingHashKey"])) // 2 + 1
    client.split_shard(StreamName=name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(middle))
    wait_active(client, name)


def merge_neighbours(client, name):
    """Merges the two open shards with the lowest hash ranges."""
    first, second = sorted(open_shards(client, name), key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))[:2]
    client.merge_shards(StreamName=name, ShardToMerge=first["ShardId"], AdjacentShardToMerge=second["ShardId"])
    wait_active(client, name)


def random_key():
    return f"{random.getrandbits(64):016x}"


def batches(rows):
    """(key, data) pairs in requests within Kinesis' limits."""
    batch, size = [], 0
    for key, data in rows:
        if batch and (len(batch) == MAX_RECORDS or size + len(key) + len(data) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((key, data))
        size += len(key) + len(data)
    if batch:
        yield batch


def put_all(client, name, rows):
    """Puts (key, data) pairs, or plain data under random keys, in order; sends again what the server refuses. Returns how many."""
    count = 0
    for batch in batches((row if isinstance(row, tuple) else (random_key(), row)) for row in rows):
        entries = [{"PartitionKey": key, "Data": data} for key, data in batch]
        count += len(entries)
        while entries:
            answer = client.put_records(StreamName=name, Records=entries)
            entries = [e for e, r in zip(entries, answer["Records"]) if r.get("ErrorCode")]
            if entries:
                time.sleep(0.05)
    return count


def shard_of_hash(client, name, hash_key):
    """The open shard that takes records with this hash key (a number)."""
    return next(s["ShardId"] for s in open_shards(client, name)
                if int(s["HashKeyRange"]["StartingHashKey"]) <= hash_key <= int(s["HashKeyRange"]["EndingHashKey"]))


def put_to_each_shard(client, stream, data):
    """One record into every shard: nothing that came before is waited for any longer."""
    for shard in open_shards(client, stream):
        client.put_record(StreamName=stream, PartitionKey="to-this-shard", ExplicitHashKey=shard["HashKeyRange"]["StartingHashKey"], Data=data)


class StreamReader:
    """Reads a stream from its oldest record on, parents before children, and keeps what it has seen in `records`."""

    def __init__(self, client, name, start="TRIM_HORIZON"):
        self.client, self.name, self.start = client, name, start
        self.records = []
        self.iterators = {}  # shard id -> iterator; None = read to its end
        self.discovered = 0.0
        self.discover()

    def discover(self):
        self.discovered = time.monotonic()
        for shard in list_shards(self.client, self.name):
            if shard["ShardId"] not in self.iterators:
                start = self.start if "ParentShardId" not in shard else "TRIM_HORIZON"
                self.iterators[shard["ShardId"]] = self.client.get_shard_iterator(
                    StreamName=self.name, ShardId=shard["ShardId"], ShardIteratorType=start)["ShardIterator"]

    def poll(self):
        """One GetRecords for each shard; returns the new records."""
        new = []
        for shard, iterator in list(self.iterators.items()):
            if iterator is None:
                continue
            answer = self.client.get_records(ShardIterator=iterator, Limit=10000)
            seen = time.time()
            for r in answer["Records"]:
                new.append(Record(shard, int(r["SequenceNumber"]), r["PartitionKey"], r["Data"], seen,
                                  r["ApproximateArrivalTimestamp"].timestamp() if "ApproximateArrivalTimestamp" in r else 0.0))
            self.iterators[shard] = answer.get("NextShardIterator")
            if self.iterators[shard] is None:
                self.discover()
        if time.monotonic() - self.discovered > 1:
            self.discover()
        self.records += new
        return new

    def read_until(self, count, timeout=60):
        """Polls until `count` records have been seen in all."""
        wait_for(lambda: self.poll() is not None and len(self.records) >= count, timeout,
                 lambda: f"{count} records in {self.name}, have {len(self.records)}")
        return self.records

    def read_to_tip(self):
        """Polls until two rounds have brought nothing (two: a server may answer once empty between two full answers)."""
        empty = 0
        while empty < 2:
            empty = 0 if self.poll() else empty + 1
        return self.records


def read_all(client, name):
    return StreamReader(client, name).read_to_tip()

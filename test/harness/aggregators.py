"""AWS's own modules that make aggregated records and take them apart: aws_kinesis_agg for Python, aws-kinesis-agg for Node.

Both have the same two functions here. A user record is (partition key, data); aggregate(records, hash_key) gives the data of the aggregated records,
whose user records all have that explicit hash key; take_apart(records) gives the user records of records as the harness reads them, record by record."""

import base64
import json
import os
import subprocess

from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

from harness.servers import node_modules


class Python:
    name = "PyPI"

    @staticmethod
    def missing():
        return ""

    @staticmethod
    def aggregate(records, hash_key):
        aggregator, full = RecordAggregator(), []
        for key, data in records:
            full.append(aggregator.add_user_record(key, data, hash_key))
        full.append(aggregator.clear_and_get())
        return [record.get_contents()[2] for record in full if record]

    @staticmethod
    def take_apart(records):
        taken = []
        for record in records:
            # As a Lambda function gets it. The module's form for boto3 gives what was not aggregated as it is, and all else in base64.
            kinesis = {"kinesisSchemaVersion": "1.0", "data": base64.b64encode(record.data), "partitionKey": record.key, "sequenceNumber": str(record.sequence),
                       "approximateArrivalTimestamp": record.arrived}  # fmt: skip
            users = iter_deaggregate_records([{"kinesis": kinesis}])
            taken.append([(u["kinesis"]["partitionKey"], base64.b64decode(u["kinesis"]["data"])) for u in users])
        return taken


AGGREGATE = """
const { hash_key, records } = JSON.parse(require('fs').readFileSync(0));
const made = [];
const aggregator = new (require('aws-kinesis-agg').RecordAggregator)((error, encoded) => {
  if (error) throw error;
  made.push(encoded.data.toString('base64'));
});
aggregator.aggregateRecords(records.map(([key, data]) => ({ partitionKey: key, explicitHashKey: hash_key, data: Buffer.from(data, 'base64') })), true);
process.stdout.write(JSON.stringify(made));
"""

TAKE_APART = """
const agg = require('aws-kinesis-agg');
const taken = JSON.parse(require('fs').readFileSync(0)).map(([key, data]) => {
  let users;
  agg.deaggregateSync({ partitionKey: key, sequenceNumber: '1', data }, true, (error, records) => {
    if (error) throw error;
    users = records;
  });
  return users.map(u => [u.partitionKey, u.data]);
});
process.stdout.write(JSON.stringify(taken));
"""


class Node:
    name = "npm"

    @staticmethod
    def missing():
        return "" if os.path.isdir(f"{node_modules()}/aws-kinesis-agg") else "aws-kinesis-agg is not installed: run scripts/test-servers"

    @staticmethod
    def _run(script, value):
        done = subprocess.run(["node", "-e", script], input=json.dumps(value), capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, NODE_PATH=node_modules()))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @classmethod
    def aggregate(cls, records, hash_key):
        encoded = [(key, base64.b64encode(data).decode()) for key, data in records]
        return [base64.b64decode(data) for data in cls._run(AGGREGATE, {"hash_key": hash_key, "records": encoded})]

    @classmethod
    def take_apart(cls, records):
        taken = cls._run(TAKE_APART, [(record.key, base64.b64encode(record.data).decode()) for record in records])
        return [[(key, base64.b64decode(data)) for key, data in users] for users in taken]


MODULES = (Python, Node)

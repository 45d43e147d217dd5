"""docs/aws-records.md, word for word: its tables and queries over records as AWS documents them."""

import gzip
import json
import re

import pytest

from harness.laminar import ROOT
from harness.streams import create_stream, put_all


def blocks(section):
    """The SQL of a section: the table, then a query in each block."""
    page = (ROOT / "docs/aws-records.md").read_text()
    (text,) = re.findall(rf"^## {section}$(.*?)(?=^## |\Z)", page, re.S | re.M)
    return re.findall(r"```sql\n(.*?)```", text, re.S)


def cloudwatch(kind, group, events):
    owner = "CloudwatchLogs" if kind == "CONTROL_MESSAGE" else "111111111111"
    return gzip.compress(json.dumps({
        "messageType": kind, "owner": owner, "logGroup": group, "logStream": group and f"111111111111_{group}_us-east-1",
        "subscriptionFilters": ["Destination"] if group else [],
        "logEvents": [{"id": id, "timestamp": timestamp, "message": message} for id, timestamp, message in events],
    }).encode())  # fmt: skip


CLOUDTRAIL = '{"eventVersion":"1.03","userIdentity":{"type":"Root"}}'
CLOUDWATCH = [
    cloudwatch("CONTROL_MESSAGE", "", [("", 1432826855000, "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream. ERROR")]),
    cloudwatch("DATA_MESSAGE", "CloudTrail/logs", [
        ("31953106606966983378809025079804211143289615424298221568", 1432826855000, CLOUDTRAIL),
        ("31953106606966983378809025079804211143289615424298221569", 1432826855000, "[ERROR] out of \"memory\"\n"),
        ("31953106606966983378809025079804211143289615424298221570", 1432826856001, CLOUDTRAIL.replace("Root", "IAMUser")),
    ]),
    cloudwatch("DATA_MESSAGE", "/aws/lambda/resize", [("1", 1432826910000, "START"), ("2", 1432826915000, "ERROR one"), ("3", 1432826916000, "ERROR two")]),
]  # fmt: skip


def change(number, name, **dynamodb):
    return json.dumps({
        "awsRegion": "us-east-1", "eventID": f"0000-{number}", "eventName": name, "userIdentity": None, "recordFormat": "application/json", "tableName": "Orders",
        "dynamodb": {"Keys": {"id": {"S": f"o-{number}"}}, "SizeBytes": 59, **dynamodb}, "eventSource": "aws:dynamodb",
    }).encode()  # fmt: skip


def order(number, total, items=()):
    return {"id": {"S": f"o-{number}"}, "total": {"N": total}, "paid": {"BOOL": True}, "tags": {"SS": ["new", "gift"]},
            "items": {"L": [{"M": {"sku": {"S": sku}, "qty": {"N": qty}}} for sku, qty in items]}}  # fmt: skip


DYNAMODB = [
    change(1, "INSERT", ApproximateCreationDateTime=1636477921456, NewImage=order(1, "19.95", [("s-1", "2"), ("s-2", "1")])),
    change(1, "MODIFY", ApproximateCreationDateTime=1636477921456789, ApproximateCreationDateTimePrecision="MICROSECOND",
           NewImage=order(1, "25", [("s-1", "3")]), OldImage=order(1, "19.95")),
    change(1, "REMOVE", ApproximateCreationDateTime=1636477922000000, ApproximateCreationDateTimePrecision="MICROSECOND", OldImage=order(1, "25")),
]  # fmt: skip


def state_change(id, time, instance, state, source="aws.ec2"):
    return json.dumps({
        "version": "0", "id": id, "detail-type": "EC2 Instance State-change Notification", "source": source, "account": "111122223333", "time": time,
        "region": "us-west-1", "resources": [f"arn:aws:ec2:us-west-1:123456789012:instance/{instance}"], "detail": {"instance-id": instance, "state": state},
    }).encode()  # fmt: skip


EVENTBRIDGE = [
    state_change("6a7e8feb-b491-4cf7-a9f1-bf3703467718", "2017-12-22T18:43:48Z", "i-1234567890abcdef0", "terminated"),
    state_change("6a7e8feb-b491-4cf7-a9f1-bf3703467719", "2017-12-22T18:59:00Z", "i-2", "terminated"),
    state_change("6a7e8feb-b491-4cf7-a9f1-bf3703467720", "2017-12-22T18:59:01Z", "i-3", "running", source="aws.other"),
]

ROOT_ID, ERROR_ID, USER_ID = (f"319531066069669833788090250798042111432896154242982215{n}" for n in (68, 69, 70))
TRAIL = {"logGroup": "CloudTrail/logs", "logStream": "111111111111_CloudTrail/logs_us-east-1"}
LAMBDA = {"logGroup": "/aws/lambda/resize", "logStream": "111111111111_/aws/lambda/resize_us-east-1"}
SERVICES = {
    "CloudWatch Logs": ("cloudwatch-logs", CLOUDWATCH, [
        [{**TRAIL, "timestamp": "2015-05-28T15:27:35.000Z", "message": CLOUDTRAIL},
         {**TRAIL, "timestamp": "2015-05-28T15:27:35.000Z", "message": "[ERROR] out of \"memory\"\n"},
         {**TRAIL, "timestamp": "2015-05-28T15:27:36.001Z", "message": CLOUDTRAIL.replace("Root", "IAMUser")},
         {**LAMBDA, "timestamp": "2015-05-28T15:28:30.000Z", "message": "START"},
         {**LAMBDA, "timestamp": "2015-05-28T15:28:35.000Z", "message": "ERROR one"},
         {**LAMBDA, "timestamp": "2015-05-28T15:28:36.000Z", "message": "ERROR two"}],
        [{"logGroup": "CloudTrail/logs", "minute": "2015-05-28T15:27:00.000Z", "errors": 1},
         {"logGroup": "/aws/lambda/resize", "minute": "2015-05-28T15:28:00.000Z", "errors": 2}],
        [{"id": ROOT_ID, "user_type": "Root"}, {"id": USER_ID, "user_type": "IAMUser"}],
    ]),
    "DynamoDB": ("order-changes", DYNAMODB, [
        [{"eventName": "INSERT", "id": "o-1", "total": 19.95, "difference": None, "changed": "2021-11-09T17:12:01.456Z"},
         {"eventName": "MODIFY", "id": "o-1", "total": 25, "difference": 5.05, "changed": "2021-11-09T17:12:01.456789Z"},
         {"eventName": "REMOVE", "id": "o-1", "total": None, "difference": None, "changed": "2021-11-09T17:12:02.000Z"}],
        [{"id": "o-1", "sku": "s-1", "qty": 2}, {"id": "o-1", "sku": "s-2", "qty": 1}, {"id": "o-1", "sku": "s-1", "qty": 3}],
    ]),
    "EventBridge": ("ec2-events", EVENTBRIDGE, [
        [{"time": "2017-12-22T18:43:48.000Z", "instance": "i-1234567890abcdef0", "state": "terminated"},
         {"time": "2017-12-22T18:59:00.000Z", "instance": "i-2", "state": "terminated"}],
        [{"state": "terminated", "hour": "2017-12-22T18:00:00.000Z", "instances": 2}],
    ]),
}  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_reads_what_the_service_writes(quick_server, laminar, service):
    stream, records, expected = SERVICES[service]
    create_stream(quick_server.client(), stream, 2)
    put_all(quick_server.client(), stream, records)
    table, *queries = blocks(service)
    assert len(queries) == len(expected)
    for query, rows in zip(queries, expected):
        run = laminar("run", "--until-caught-up", script=table + query, endpoint=quick_server.endpoint).expect(0)
        assert sorted(run.rows(), key=str) == sorted(rows, key=str), query


def test_a_stream_that_others_write_to_as_well(quick_server, new_name, laminar):
    """compression = 'auto', as the page says, and the strict reading of a record with fields that the table does not declare."""
    client, stream = quick_server.client(), new_name("mixed")
    create_stream(client, stream, 1)
    put_all(client, stream, [*CLOUDWATCH, b'{"messageType": "DATA_MESSAGE", "logEvents": [{"timestamp": 0, "message": "plain"}]}'])
    table, query, *_ = blocks("CloudWatch Logs")
    table = table.replace("'cloudwatch-logs'", f"'{stream}'").replace("compression = 'gzip'", "compression = 'auto'")
    run = laminar("run", "--until-caught-up", script=table + query, endpoint=quick_server.endpoint).expect(0)
    assert {row["message"] for row in run.rows()} >= {"plain", "START"} and len(run.rows()) == 7
    strict = table.replace("format = 'json'", "format = 'json', 'json.unknown_fields' = 'bad_data'")
    failed = laminar("run", "--until-caught-up", script=strict + query, endpoint=quick_server.endpoint).expect(1)
    assert 'unknown field "subscriptionFilters"' in failed.stderr, failed.describe()

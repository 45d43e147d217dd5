"""The fault proxy against a real server, driven by boto3 (JSON) and by hand (CBOR)."""

import time
import urllib.error
import urllib.request

import botocore.exceptions
import cbor2
import pytest

from harness.servers import boto_client
from harness.streams import create_stream, put_all, read_all


@pytest.fixture
def setup(quick_server, proxy_for, new_name):
    """(proxy, client through the proxy, name of an active stream)"""
    name = new_name("proxied")
    create_stream(quick_server.client(), name, 2)
    proxy = proxy_for(quick_server.endpoint)
    return proxy, boto_client(proxy.endpoint, "us-east-1"), name


def entries(*data):
    return [{"PartitionKey": f"k{i}", "Data": d} for i, d in enumerate(data)]


def error_code(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_passes_everything_on_and_counts(setup):
    proxy, client, name = setup
    put_all(client, name, [b"row %d" % i for i in range(1200)])
    assert sorted(r.data for r in read_all(client, name)) == sorted(b"row %d" % i for i in range(1200))
    report = proxy.assert_clean()
    assert report["requests"]["PutRecords"] == 3
    assert (report["records_sent"], report["records_accepted"], report["records_refused"]) == (1200, 1200, 0)
    assert report["max_records"] == 500


def test_refuses_some_records_and_passes_the_others_on(setup):
    proxy, client, name = setup
    proxy.rules({"action": "fail_records", "operation": "PutRecords", "record_fraction": 0.5})
    answer = client.put_records(StreamName=name, Records=entries(*(b"row %d" % i for i in range(400))))
    refused = [i for i, r in enumerate(answer["Records"]) if r.get("ErrorCode")]
    assert 120 < len(refused) < 280
    assert answer["FailedRecordCount"] == len(refused)
    assert answer["Records"][refused[0]]["ErrorCode"] == "ProvisionedThroughputExceededException"
    stored = sorted(int(r.data.split()[1]) for r in read_all(client, name))
    assert stored == [i for i in range(400) if i not in refused]
    # Put until all are in: nothing that was accepted is sent again.
    put_all(client, name, [b"more %d" % i for i in range(1000)])
    report = proxy.assert_clean()
    assert report["records_refused"] > len(refused) and report["records_accepted"] == 1400 - len(refused)


def test_finds_an_accepted_record_that_is_sent_again(setup):
    proxy, client, name = setup
    client.put_records(StreamName=name, Records=entries(b"one", b"two"))
    client.put_records(StreamName=name, Records=entries(b"three", b"two"))
    assert proxy.report()["violations"] == {"sent again": 1}
    with pytest.raises(AssertionError, match="two"):
        proxy.assert_clean()


def test_finds_requests_over_the_limits(setup):
    proxy, client, name = setup
    big = bytes(900_000)
    client.put_records(StreamName=name, Records=entries(*(big + b"%d" % i for i in range(5))))
    assert proxy.report()["violations"] == {"sink bytes": 1}
    error_code(client.put_records, StreamName=name, Records=entries(*(b"%d" % i for i in range(501))))
    client.put_records(StreamName=name, Records=entries(bytes(1024 * 1024)))  # the server does not count the key
    violations = proxy.report()["violations"]
    assert violations == {"sink bytes": 1, "records": 1, "record bytes": 1}
    assert proxy.reset()["violations"] == {}


def test_refuses_whole_requests_a_number_of_times(setup):
    proxy, _, name = setup
    client = boto_client(proxy.endpoint, "us-east-1")
    client.meta.config.retries["max_attempts"] = 1
    proxy.rules({"action": "error", "operation": "PutRecords", "code": "AccessDeniedException", "message": "no", "skip": 1, "times": 1})
    client.put_records(StreamName=name, Records=entries(b"a"))
    assert error_code(client.put_records, StreamName=name, Records=entries(b"b")) == "AccessDeniedException"
    client.put_records(StreamName=name, Records=entries(b"b"))
    assert sorted(r.data for r in read_all(client, name)) == [b"a", b"b"]
    assert proxy.assert_clean()["errors"] == {"AccessDeniedException": 1}


@pytest.mark.parametrize("rule", [
    {"action": "error", "status": 500, "code": "InternalFailure"},
    {"action": "error", "code": "ProvisionedThroughputExceededException"},
    {"action": "reset"},
])
def test_boto3_recovers_from_faults_that_pass(setup, rule):
    proxy, client, name = setup
    proxy.rules(dict(rule, operation="PutRecords", times=1))
    client.put_records(StreamName=name, Records=entries(b"a"))
    assert [r.data for r in read_all(client, name)] == [b"a"]
    assert proxy.assert_clean()["requests"]["PutRecords"] == 2


def test_garbage(setup):
    proxy, client, name = setup
    proxy.rules({"action": "garbage", "operation": "PutRecords", "times": 1})
    with pytest.raises(UnicodeDecodeError):
        client.put_records(StreamName=name, Records=entries(b"a"))


def test_a_dropped_answer_makes_records_unknown(setup):
    proxy, client, name = setup
    proxy.rules({"action": "drop_answer", "operation": "PutRecords", "times": 1})
    client.put_records(StreamName=name, Records=entries(b"a", b"b"))  # boto3 sends again after the reset
    assert sorted(r.data for r in read_all(client, name)) == [b"a", b"a", b"b", b"b"]
    report = proxy.assert_clean()
    assert (report["records_unknown"], report["resent_after_unknown"], report["records_accepted"]) == (2, 2, 2)


def test_delay(setup):
    proxy, client, name = setup
    proxy.rules({"action": "delay", "ms": 300, "operation": "PutRecords"}, {"action": "error", "code": "InvalidArgumentException", "operation": "PutRecords"})
    begin = time.monotonic()
    assert error_code(client.put_records, StreamName=name, Records=entries(b"a")) == "InvalidArgumentException"
    assert time.monotonic() - begin >= 0.3


def test_an_expired_iterator_stays_expired(setup):
    proxy, client, name = setup
    iterator = client.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    proxy.rules({"action": "expire_iterator", "operation": "GetRecords", "times": 1})
    assert error_code(client.get_records, ShardIterator=iterator) == "ExpiredIteratorException"
    assert error_code(client.get_records, ShardIterator=iterator) == "ExpiredIteratorException"
    put_all(client, name, [b"a"])
    assert [r.data for r in read_all(client, name)] == [b"a"]


def test_says_how_far_behind(setup):
    proxy, client, name = setup
    iterator = client.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    proxy.rules({"action": "behind", "ms": 12345})
    assert client.get_records(ShardIterator=iterator)["MillisBehindLatest"] == 12345


def test_routes_by_the_region_in_the_signature(server_pool, proxy_for, new_name):
    east, west = server_pool("kinesalite", "us-east-1"), server_pool("kinesalite", "us-west-2")
    proxy = proxy_for({"us-east-1": east.endpoint, "us-west-2": west.endpoint})
    name = new_name("regional")
    create_stream(boto_client(proxy.endpoint, "us-west-2"), name)
    assert name in west.client().list_streams()["StreamNames"]
    assert name not in east.client().list_streams()["StreamNames"]
    elsewhere = boto_client(proxy.endpoint, "eu-west-1")
    assert error_code(elsewhere.list_streams) == "InvalidSignatureException"


def test_checks_signatures(setup):
    proxy, client, name = setup
    proxy.rules(secret="test")
    client.put_records(StreamName=name, Records=entries(b"a"))
    proxy.assert_clean()
    stranger = boto_client(proxy.endpoint, "us-east-1", secret_key="wrong")
    assert error_code(stranger.list_streams) == "InvalidSignatureException"
    assert set(proxy.report()["violations"]) == {"signature"}


def test_passes_sts_on_and_refuses_it(server_pool, quick_server, proxy_for):
    proxy = proxy_for({"*": quick_server.endpoint, "sts": server_pool("moto").endpoint})
    sts = boto_client(proxy.endpoint, "us-east-1", service="sts")
    role = {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "test"}
    assert sts.assume_role(**role)["Credentials"]["AccessKeyId"]
    proxy.rules({"action": "error", "operation": "AssumeRole", "status": 403, "code": "AccessDenied", "message": "not <you>"})
    assert error_code(sts.assume_role, **role) == "AccessDenied"
    assert proxy.report()["access_keys"] == ["test"]


def cbor_call(endpoint, operation, body):
    request = urllib.request.Request(endpoint + "/", data=cbor2.dumps(body), headers={
        "Content-Type": "application/x-amz-cbor-1.1", "X-Amz-Target": f"Kinesis_20131202.{operation}", "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, cbor2.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, cbor2.loads(error.read())


def test_speaks_cbor(ferrokinesis, proxy_for, new_name):
    name = new_name("cbor")
    create_stream(ferrokinesis.client(), name)
    proxy = proxy_for(ferrokinesis.endpoint)
    proxy.rules({"action": "fail_records", "operation": "PutRecords", "record_fraction": 0.5})
    records = [{"PartitionKey": "k", "Data": b"\x00\xff %d" % i} for i in range(100)]
    status, answer = cbor_call(proxy.endpoint, "PutRecords", {"StreamName": name, "Records": records})
    assert status == 200
    accepted = [r["Data"] for r, a in zip(records, answer["Records"]) if not a.get("ErrorCode")]
    assert answer["FailedRecordCount"] == 100 - len(accepted)
    assert [r.data for r in read_all(ferrokinesis.client(), name)] == accepted
    proxy.rules({"action": "error", "code": "AccessDeniedException"})
    status, answer = cbor_call(proxy.endpoint, "PutRecords", {"StreamName": name, "Records": records[:1]})
    assert (status, answer["__type"]) == (400, "AccessDeniedException")


def test_settings_are_checked(setup):
    proxy, _, _ = setup
    for wrong in ({"rules": [{"action": "explode"}]}, {"rules": [{"action": "reset", "oftenness": 1}]}, {"rulez": []}):
        with pytest.raises(urllib.error.HTTPError) as caught:
            proxy._control("POST", wrong)
        assert caught.value.code == 400

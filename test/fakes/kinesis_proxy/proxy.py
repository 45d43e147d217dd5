"""The HTTP side: takes a request, lets rules and audit see it, asks the region's server, answers."""

import asyncio
import socket
import struct

import aiohttp
from aiohttp import web

from kinesis_proxy import sigv4, wire
from kinesis_proxy.audit import Audit
from kinesis_proxy.rules import Rules

NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "date", "server"}
GARBAGE = b"\x00\xff<html>this is not what you asked for</html>\xfe"
THROTTLED = "ProvisionedThroughputExceededException"


class Proxy:
    def __init__(self, upstreams):
        """upstreams: region -> base URL; "*" takes all other regions, a service's name ("sts") that service in every region."""
        self.upstreams = upstreams
        self.session = None
        self.reset()

    def reset(self):
        self.rules = Rules()
        self.audit = Audit()
        self.secret = ""
        self.expired = set()

    # --- control

    def configure(self, settings):
        unknown = set(settings) - {"rules", "seed", "secret", "identity", "upstreams"}
        if unknown:
            raise ValueError(f"unknown settings: {sorted(unknown)}")
        if "rules" in settings:
            self.rules = Rules(settings["rules"], settings.get("seed", 1))
        if "secret" in settings:
            self.secret = settings["secret"]
        if "identity" in settings:
            self.audit.identity = settings["identity"]
        if "upstreams" in settings:
            self.upstreams = dict(settings["upstreams"])

    async def control(self, request):
        if request.method == "POST":
            try:
                self.configure(await request.json())
            except (ValueError, TypeError) as problem:
                return web.json_response({"error": str(problem)}, status=400)
        elif request.method == "DELETE":
            self.reset()
        return web.json_response({"rules": self.rules.report(), "upstreams": self.upstreams, **self.audit.report()})

    # --- Kinesis

    async def handle(self, request):
        raw = await request.read()
        call = wire.Call(request.method, request.path_qs, request.headers, raw)
        self.audit.begin(call.operation or "unknown")
        try:
            return await self.answer(request, call)
        finally:
            self.audit.end()

    async def answer(self, request, call):
        self.audit.access_keys.add(call.access_key)
        if not call.region:
            return self.refuse(call, 400, "MissingAuthenticationTokenException", "Missing Authentication Token")
        if self.secret:
            wrong = sigv4.problem(call.method, call.path, call.headers, call.raw, self.secret)
            if wrong:
                self.audit.violation("signature", wrong)
                return self.refuse(call, 400, "InvalidSignatureException", f"The request signature we calculated does not match: {wrong}")
        upstream = self.upstreams.get(call.service) or self.upstreams.get(call.region) or self.upstreams.get("*")
        if upstream is None:
            known = sorted(self.upstreams)[0]
            return self.refuse(call, 400, "InvalidSignatureException", f"Credential should be scoped to a valid region, not '{call.region}' (valid: {known}).")
        records = call.body.get("Records", []) if call.operation == "PutRecords" and isinstance(call.body, dict) else []
        if call.operation == "PutRecords":
            self.audit.put_records(call.region, call.stream, records)
        for rule in self.rules.for_call(call):
            if rule.action == "delay":
                await asyncio.sleep(rule.get("ms", 0) / 1000)
            else:
                return await self.misbehave(rule, request, call, upstream, records)
        if call.operation == "GetRecords" and call.body and call.body.get("ShardIterator") in self.expired:
            return self.refuse(call, 400, "ExpiredIteratorException", "Iterator expired.")
        return self.reply(call, records, *await self.forward(request, call, upstream, call.raw))

    async def misbehave(self, rule, request, call, upstream, records):
        action = rule.action
        if action == "error":
            self.audit.outcome(call.region, call.stream, records, [False] * len(records))
            return self.refuse(call, rule.get("status", 400), rule.get("code", THROTTLED), rule.get("message", "Refused by the test."))
        if action == "garbage":
            self.audit.errors["garbage"] += 1
            return web.Response(body=GARBAGE, content_type=call.content_type or wire.JSON)
        if action == "not_answered":
            self.audit.errors["not answered"] += 1
            await asyncio.sleep(3600)  # ends with the client's connection
        if action == "reset":
            return self.cut(request)
        if action == "expire_iterator":
            self.expired.add((call.body or {}).get("ShardIterator"))
            return self.refuse(call, 400, "ExpiredIteratorException", "Iterator expired.")
        if action == "fail_records":
            return await self.fail_records(rule, request, call, upstream, records)
        status, headers, raw = await self.forward(request, call, upstream, call.raw)
        if action == "drop_answer":
            if records and status == 200:
                body = wire.decode(raw, call.content_type)
                self.audit.outcome(call.region, call.stream, records, ["ErrorCode" not in r for r in body["Records"]], known=False)
            return self.cut(request)
        if status == 200:  # behind
            body = dict(wire.decode(raw, call.content_type), MillisBehindLatest=rule.get("ms", 0))
            raw = call.with_body(body)
        return self.reply(call, records, status, headers, raw)

    async def fail_records(self, rule, request, call, upstream, records):
        """Refuses some records of a PutRecords and lets the server take the rest."""
        code = rule.get("code", THROTTLED)
        chosen = [self.rules.rng.random() < rule.get("record_fraction", 0.5) for _ in records]
        passed = [r for r, refused in zip(records, chosen) if not refused]
        answers = iter(())
        headers = {"Content-Type": call.content_type}
        if passed:
            status, headers, raw = await self.forward(request, call, upstream, call.with_body(dict(call.body, Records=passed)))
            if status != 200:
                return self.reply(call, records, status, headers, raw)
            answers = iter(wire.decode(raw, call.content_type)["Records"])
        refusal = {"ErrorCode": code, "ErrorMessage": rule.get("message", f"Rate exceeded for a shard in stream {call.stream}.")}
        merged = [refusal if refused else next(answers) for refused in chosen]
        body = {"FailedRecordCount": sum("ErrorCode" in r for r in merged), "Records": merged}
        self.audit.errors[f"record {code}"] += sum(chosen)
        return self.reply(call, records, 200, headers, call.with_body(body))

    async def forward(self, request, call, upstream, body):
        headers = {k: v for k, v in request.headers.items() if k.lower() not in {"content-length", "transfer-encoding", "accept-encoding"}}
        async with self.session.request(call.method, upstream + call.path, headers=headers, data=body, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()

    def reply(self, call, records, status, headers, raw):
        if status != 200:
            self.audit.errors[self.code_of(call, raw) or str(status)] += 1
        if records:
            accepted = [False] * len(records)
            if status == 200:
                accepted = [not r.get("ErrorCode") for r in wire.decode(raw, call.content_type)["Records"]]
            self.audit.outcome(call.region, call.stream, records, accepted)
        kept = {k: v for k, v in headers.items() if k.lower() not in NOT_PASSED_ON}
        return web.Response(status=status, body=raw, headers=kept)

    @staticmethod
    def code_of(call, raw):
        try:
            return str(wire.decode(raw, call.content_type).get("__type", "")).rpartition("#")[2]
        except (ValueError, AttributeError):
            return ""

    def refuse(self, call, status, code, message):
        self.audit.errors[code] += 1
        content_type = call.content_type or wire.JSON
        shown = "text/xml" if content_type == wire.FORM else content_type
        return web.Response(status=status, body=wire.error(code, message, content_type), headers={"Content-Type": shown, "x-amzn-RequestId": "test"})

    def cut(self, request):
        """Resets the connection: what was not read is lost, and the peer sees ECONNRESET."""
        self.audit.errors["connection reset"] += 1
        transport = request.transport
        if transport is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response(status=500)  # never seen


async def serve(proxy, host, port, ssl_context=None):
    """Runs until cancelled; prints where it listens."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/control", proxy.control)
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False,
                                     skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type")) as proxy.session:
        site = web.TCPSite(runner, host, port, ssl_context=ssl_context)
        await site.start()
        bound = site._server.sockets[0].getsockname()[1]
        print(f"listening on {'https' if ssl_context else 'http'}://{host}:{bound}", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

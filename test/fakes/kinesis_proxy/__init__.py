"""A proxy between a Kinesis client and a real server: it routes by region, does harm on request, and audits what passes.

    python -m kinesis_proxy --upstream us-east-1=http://127.0.0.1:4567 --upstream us-west-2=http://127.0.0.1:4568

prints "listening on http://127.0.0.1:PORT". What it should do wrong is set at run time by rules over /control:

    POST   /control  {"rules": [...], "secret": "...", "identity": "data"}    replaces what it names
    GET    /control  the settings, the counts and the violations
    DELETE /control  forgets all of it

rules.py explains rules, audit.py what is checked on every request.
"""

import argparse
import asyncio
import ssl

from kinesis_proxy.proxy import Proxy, serve


def main():
    parser = argparse.ArgumentParser(prog="kinesis_proxy", description="Kinesis proxy that does harm on request and audits what passes")
    parser.add_argument("--upstream", action="append", required=True, metavar="REGION=URL", help='server of a region; "*" for all others; "sts" for that service')
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port, printed")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    arguments = parser.parse_args()
    context = None
    if arguments.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.tls_cert, arguments.tls_key)
    proxy = Proxy(dict(upstream.split("=", 1) for upstream in arguments.upstream))
    try:
        asyncio.run(serve(proxy, arguments.host, arguments.port, context))
    except KeyboardInterrupt:
        pass


main()

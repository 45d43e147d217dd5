"""Which folder of src/ may include which: the table of ARCHITECTURE.md, section "Layout". `base` is allowed everywhere.

Not transitive: a folder includes only what its line names. A folder that is not listed has no right to exist.
"""

LAYERS = {
    "base": set(),
    "metrics": set(),
    "duck": {"base"},
    "aws": {"base"},
    "client": {"base"},
    "formats": {"duck"},
    "formats/json": {"duck", "formats"},
    "formats/avro": {"duck", "formats", "formats/json"},
    "formats/raw": {"duck", "formats"},
    "formats/csv": {"duck", "formats"},
    "formats/parquet": {"duck", "formats"},
    "formats/compression": {"duck", "formats"},
    "schema_registries": {"aws", "formats"},
    "state": {"duck"},
    "aws_stores": {"aws", "state"},
    "connectors": {"duck", "formats"},
    "infer": {"duck", "formats", "formats/json", "formats/avro", "formats/raw", "formats/csv", "formats/parquet", "formats/compression", "connectors"},
    "connectors/kinesis": {"duck", "formats", "connectors", "aws"},
    "connectors/file": {"duck", "formats", "formats/compression", "connectors"},
    "connectors/stdout": {"duck", "formats", "connectors"},
    "connectors/blackhole": {"duck", "formats", "connectors"},
    "connectors/generator": {"duck", "formats", "connectors"},
    "stream": {"duck"},
    "stream/over": {"duck", "stream", "state"},
    "stream/operators": {"duck", "stream", "stream/over", "state"},
    "stream/runtime": {"duck", "stream", "stream/operators", "state", "connectors"},
    "sql": {"duck", "stream", "connectors", "formats"},
    "engine": {"duck", "metrics", "sql", "state", "stream", "stream/runtime", "connectors"},
    "server/http": set(),
    "server/store": set(),
    "server/api": {"metrics", "server/http", "server/store", "formats"},
    "server/jobs": {"metrics", "server/http", "server/store", "duck", "connectors", "formats", "stream", "sql", "state", "engine"},
    "server/connections": {"server/http", "server/store", "server/api", "duck", "connectors", "formats", "infer", "stream", "sql"},
    "server/console": {"server/http"},
    "server": {"metrics", "server/http", "server/store", "server/api", "server/jobs", "server/connections", "server/console", "duck", "connectors", "formats", "stream", "sql", "state", "engine"},
    "cli": {"*"},
    "cli/client": {"cli", "client", "formats", "sql"},
    "cli/main": {"cli"},
}

# Libraries that we did not write: the folders that may include their headers (prefix of the included path -> folders).
OUTSIDE = {
    "aws/": {"aws"},
    "simdjson": {"formats/json", "connectors/kinesis"},
    "nlohmann/": {"server", "server/api", "server/jobs", "server/connections", "aws", "cli", "cli/client", "client", "connectors", "connectors/file", "connectors/kinesis", "formats/avro", "formats/json", "schema_registries", "state"},
    "snappy": {"formats/avro"},
    "zlib": {"formats/avro", "formats/compression"},
    "zstd": {"formats/avro", "formats/compression"},
    "spdlog/": {"base"},
    "CLI/": {"cli", "cli/client"},
    "httplib": {"cli", "client"},
    "openssl/": {"aws", "client", "connectors/kinesis", "server/store"},
    "boost/": {"server/http"},
    "SQLiteCpp": {"server/store"},
    "sqlite3": {"server/store"},
    "valijson": {"server/api"},
}

# Folders of whose headers only some are for others; the rest is private and may show what the folder is made of.
PUBLIC = {"sql": {"sql/compiler.h"}}

# DuckDB's headers: its vectors are everyone's business, its parser, planner and optimiser only the SQL front end's.
DUCKDB_ANY = {"duck", "sql"}
DUCKDB_VECTORS = {"state", "formats", "formats/json", "formats/avro", "formats/raw", "formats/csv", "formats/parquet", "formats/compression",
                  "infer", "connectors", "connectors/kinesis", "connectors/file", "connectors/stdout", "connectors/blackhole", "connectors/generator",
                  "stream", "stream/over", "stream/operators", "stream/runtime", "cli"}
DUCKDB_FRONT_END = ("duckdb/parser/", "duckdb/planner/", "duckdb/optimizer/", "duckdb/catalog/")

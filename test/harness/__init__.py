"""What the end-to-end tests, the quickstart and the soak runs share: Kinesis servers, streams, the binary under test."""

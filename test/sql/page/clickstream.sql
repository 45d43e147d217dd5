-- Source: Raw clickstream data
CREATE TABLE clickstream (
    session_id TEXT,
    user_id TEXT,
    page_url TEXT,
    referrer TEXT,
    user_agent TEXT,
    ip_address TEXT,
    event_time TIMESTAMP
) WITH (
    connector = 'kinesis',
    stream_name = 'clickstream-raw',
    aws_region = 'us-east-1',
    type = 'source',
    'source.offset' = 'latest',
    format = 'json'
);

-- Sink: Aggregated metrics
CREATE TABLE page_metrics (
    page_url TEXT,
    unique_users BIGINT,
    total_views BIGINT,
    avg_session_duration_sec DOUBLE,
    window_start TIMESTAMP,
    window_end TIMESTAMP
) WITH (
    connector = 'kinesis',
    stream_name = 'page-metrics',
    aws_region = 'us-east-1',
    type = 'sink',
    'sink.records_per_batch' = '500',
    format = 'json'
);

-- Calculate 5-minute metrics
INSERT INTO page_metrics
SELECT 
    page_url,
    COUNT(DISTINCT user_id) as unique_users,
    COUNT(*) as total_views,
    AVG(session_duration) as avg_session_duration_sec,
    TUMBLE_START(event_time, INTERVAL '5' MINUTE) as window_start,
    TUMBLE_END(event_time, INTERVAL '5' MINUTE) as window_end
FROM (
    SELECT 
        page_url,
        user_id,
        session_id,
        EXTRACT(EPOCH FROM (MAX(event_time) - MIN(event_time))) as session_duration,
        event_time
    FROM clickstream
    GROUP BY page_url, user_id, session_id, event_time
)
GROUP BY 
    page_url,
    TUMBLE(event_time, INTERVAL '5' MINUTE);

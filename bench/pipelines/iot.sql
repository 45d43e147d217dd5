-- The page's IoT pipeline from a file. $input: JSON lines; $sink: a connector; $output: where it writes.
CREATE TABLE sensor_data (
    device_id TEXT,
    location JSON,
    temperature DOUBLE,
    humidity DOUBLE,
    pressure DOUBLE,
    timestamp TIMESTAMP
) WITH (connector = 'single_file', path = $input, type = 'source', format = 'json');

INSERT INTO anomaly_alerts
SELECT
    device_id,
    'temperature_anomaly' as alert_type,
    CASE
        WHEN temperature > 40 THEN 'critical'
        WHEN temperature > 35 THEN 'warning'
        ELSE 'info'
    END as severity,
    JSON_OBJECT(
        'temperature', temperature,
        'location', location,
        'threshold', 35
    ) as details,
    timestamp as detected_at
FROM sensor_data
WHERE temperature > 30;

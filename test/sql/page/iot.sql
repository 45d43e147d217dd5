-- IoT sensor data stream
CREATE TABLE sensor_data (
    device_id TEXT,
    location JSON,
    temperature DOUBLE,
    humidity DOUBLE,
    pressure DOUBLE,
    timestamp TIMESTAMP
) WITH (
    connector = 'kinesis',
    stream_name = 'iot-sensors',
    aws_region = 'eu-west-1',
    type = 'source',
    'source.offset' = 'latest',
    format = 'json'
);

-- Anomaly alerts stream
CREATE TABLE anomaly_alerts (
    device_id TEXT,
    alert_type TEXT,
    severity TEXT,
    details JSON,
    detected_at TIMESTAMP
) WITH (
    connector = 'kinesis',
    stream_name = 'iot-alerts',
    aws_region = 'eu-west-1',
    type = 'sink',
    'sink.records_per_batch' = '100',
    'sink.batch_flush_interval_millis' = '100',
    format = 'json'
);

-- Detect anomalies
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

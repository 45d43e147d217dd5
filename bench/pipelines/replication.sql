-- The page's replication pipeline from a file.
CREATE TABLE orders_east (
    order_id BIGINT,
    customer_id TEXT,
    items JSON,
    total_amount DECIMAL,
    order_time TIMESTAMP
) WITH (connector = 'single_file', path = $input, type = 'source', format = 'json');

INSERT INTO orders_west
SELECT
    order_id,
    customer_id,
    items,
    total_amount,
    order_time,
    NOW() as replicated_at
FROM orders_east;

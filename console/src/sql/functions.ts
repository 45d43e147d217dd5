// Functions that the editor offers, each with how it is called and what it gives. There are many more: every scalar function and aggregate of DuckDB.
export interface SqlFunction {
  name: string;
  call: string;
  gives: string;
  group: "window" | "aggregate" | "ranking" | "text" | "number" | "time" | "json" | "list" | "other";
}

const LINES: Record<SqlFunction["group"], string> = {
  window: `
TUMBLE(time, INTERVAL '5' MINUTE)|windows of one size, one after the other; in GROUP BY
TUMBLE_START(time, INTERVAL '5' MINUTE)|where the row's window begins
TUMBLE_END(time, INTERVAL '5' MINUTE)|where the row's window ends
HOP(time, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)|windows of 5 minutes, one begins every minute; in GROUP BY
HOP_START(time, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)|where the window begins
HOP_END(time, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)|where the window ends
SESSION(time, INTERVAL '30' SECOND)|rows less than the gap apart; in GROUP BY
SESSION_START(time, INTERVAL '30' SECOND)|the session's first row
SESSION_END(time, INTERVAL '30' SECOND)|the session's last row and the gap`,
  aggregate: `
count(value)|how many values; count(*): how many rows
sum(value)|their sum
avg(value)|their mean
min(value)|the least
max(value)|the greatest
min_by(value, by)|the value where "by" is least
max_by(value, by)|the value where "by" is greatest
first(value)|the first
last(value)|the last
any_value(value)|one that is not NULL
approx_count_distinct(value)|how many different ones, nearly
approx_quantile(value, 0.95)|a quantile, nearly
quantile_cont(value, 0.95)|a quantile, between values
quantile_disc(value, 0.95)|a quantile that is one of the values
median(value)|the one in the middle
mode(value)|the most frequent one
stddev_samp(value)|standard deviation of a sample
var_samp(value)|variance of a sample
corr(y, x)|correlation
bool_and(condition)|all are true
bool_or(condition)|one is true
string_agg(text, ', ')|texts put together
list(value)|all as a list
histogram(value)|how many of each, as a map
count_if(condition)|for how many it is true
json_group_array(value)|all as a JSON array`,
  ranking: `
row_number()|1, 2, 3 ... in the order of OVER
rank()|with gaps behind equal rows
dense_rank()|without gaps
lag(value)|of the row before
first_value(value)|of the frame's first row
last_value(value)|of the frame's last row
nth_value(value, 2)|of the frame's n-th row`,
  text: `
lower(text)|in small letters
upper(text)|in capitals
trim(text)|without blanks around it
length(text)|how many characters
substring(text, start, length)|a part, counted from 1
left(text, count)|its beginning
right(text, count)|its end
replace(text, from, to)|each "from" as "to"
concat(a, b)|one after the other; NULL is nothing
concat_ws(', ', a, b)|with a separator
split_part(text, separator, index)|one of the parts
string_split(text, separator)|all parts as a list
starts_with(text, prefix)|whether it begins so
contains(text, part)|whether it holds that
regexp_matches(text, pattern)|whether the pattern is in it
regexp_extract(text, pattern, group)|what the pattern finds
regexp_replace(text, pattern, to)|what the pattern finds, as something else
lpad(text, length, fill)|filled on the left
md5(text)|its hash
sha256(text)|its hash
format(pattern, a, b)|{} in the pattern as the values
url_decode(text)|%20 and its like as what they stand for
encode(text)|as bytes
decode(bytes)|as text`,
  number: `
abs(x)|without its sign
round(x, digits)|rounded
floor(x)|rounded down
ceil(x)|rounded up
greatest(a, b)|the greater
least(a, b)|the lesser
mod(a, b)|remainder
power(x, y)|x to the power of y
sqrt(x)|square root
ln(x)|natural logarithm
log10(x)|logarithm to 10
sign(x)|-1, 0 or 1
hash(value)|a number that is the same for the same value`,
  time: `
now()|the processing time, one for each batch of rows
date_trunc('hour', time)|the beginning of the hour, the day ...
time_bucket(INTERVAL '5 minutes', time)|the beginning of its stretch
date_part('hour', time)|a part as a number
date_diff('second', start, end)|how many lie between
strftime(time, '%Y-%m-%d')|as text
strptime(text, '%Y-%m-%d %H:%M:%S')|from text; fails where it is none
try_strptime(text, '%Y-%m-%d')|from text; NULL where it is none
epoch(time)|seconds since 1970
epoch_ms(value)|milliseconds since 1970, of a time or as a time
to_timestamp(seconds)|a time of seconds since 1970
to_seconds(n)|an interval
to_minutes(n)|an interval
make_timestamp(micros)|a time of microseconds since 1970`,
  json: `
json_extract(json, '$.a.b')|a part, as JSON; also: json -> 'a'
json_extract_string(json, '$.a.b')|a part, as text; also: json ->> 'a'
json_object('key', value)|an object
json_array(a, b)|an array
json_array_length(json)|how many elements
json_keys(json)|the names of an object
json_type(json)|OBJECT, ARRAY, VARCHAR ...
json_valid(text)|whether it is JSON
to_json(value)|a value as JSON
from_json(json, '{"a": "BIGINT"}')|JSON as a struct`,
  list: `
unnest(list)|a row for each element
len(list)|how many elements
list_contains(list, value)|whether it is in it
list_transform(list, x -> x + 1)|each element as something else
list_filter(list, x -> x > 0)|the elements for which it is true
list_sort(list)|in order
list_distinct(list)|each once
list_sum(list)|their sum
array_to_string(list, ', ')|as text
struct_pack(a := 1)|a struct
struct_extract(struct, 'a')|a field
map_extract(map, key)|the values of a key
range(start, end)|numbers as a list`,
  other: `
coalesce(a, b)|the first that is not NULL
nullif(a, b)|NULL where both are equal
ifnull(a, b)|b where a is NULL
if(condition, a, b)|a or b
typeof(value)|its type as text
try_cast(value AS BIGINT)|as another type; NULL where that fails
cast(value AS BIGINT)|as another type`,
};

export const FUNCTIONS: SqlFunction[] = Object.entries(LINES).flatMap(([group, lines]) =>
  lines
    .trim()
    .split("\n")
    .map((line) => {
      const bar = line.lastIndexOf("|");
      const call = line.slice(0, bar);
      return { name: call.slice(0, call.indexOf("(")), call, gives: line.slice(bar + 1), group: group as SqlFunction["group"] };
    }),
);

export const KEYWORDS = (
  "SELECT FROM WHERE GROUP BY HAVING QUALIFY WINDOW OVER PARTITION ORDER ROWS RANGE BETWEEN AND OR NOT IN IS NULL LIKE ILIKE EXISTS CASE WHEN THEN ELSE END AS ON USING JOIN LEFT INNER CROSS UNION ALL " +
  "DISTINCT WITH INSERT INTO CREATE TABLE VIEW VALUES SET INTERVAL EXTRACT FILTER UNBOUNDED PRECEDING CURRENT ROW ASC DESC NULLS FIRST LAST TRUE FALSE WATERMARK FOR METADATA GENERATED ALWAYS NAME LATERAL " +
  "IGNORE CAST TRY_CAST RIGHT SEMI ANTI SECOND MINUTE HOUR DAY MONTH YEAR"
).split(" ");
export const TYPES = (
  "TEXT VARCHAR BIGINT INT INTEGER SMALLINT TINYINT HUGEINT UBIGINT UINTEGER USMALLINT UTINYINT DOUBLE REAL FLOAT BOOLEAN DECIMAL TIMESTAMP TIMESTAMPTZ DATE TIME INTERVAL JSON BLOB UUID STRUCT MAP"
).split(" ");

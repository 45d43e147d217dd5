#include "state/key_codec.h"

#include <gtest/gtest.h>

#include <array>

#include "state/any_rows_for_test.h"

namespace laminar {
namespace {

std::vector<TypeRef> TypesOf(const Schema& schema) {
  std::vector<TypeRef> types;
  for (const Column& column : schema) types.push_back(column.type);
  return types;
}

std::vector<std::string_view> Views(const EncodedKeys& keys) {
  std::vector<std::string_view> views;
  for (size_t i = 0; i < keys.rows(); i++) views.push_back(keys.key(i));
  return views;
}

bool SameKey(const Batch& a, size_t row_a, const Batch& b, size_t row_b) {
  for (size_t c = 0; c < a.columns(); c++) {
    if (!Value::NotDistinctFrom(a.chunk().GetValue(c, row_a), b.chunk().GetValue(c, row_b))) return false;
  }
  return true;
}

// Written as two columns, lent and copied, and read from them again, sliced.
void TravelsAsColumns(const EncodedKeys& keys) {
  if (keys.rows() == 0) return;
  const Schema schema = SchemaOf({"BLOB", "UBIGINT"});
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < keys.rows(); i += 2) chosen.push_back(i);
  Batch lent(schema), copied(schema);
  keys.Lend(chosen, &lent, 0, 1);
  lent.chunk().SetCardinality(chosen.size());
  WriteEncoded(keys.keys().first(1), keys.hashes().first(1), &copied);
  WriteEncoded(keys.keys().subspan(1), keys.hashes().subspan(1), &copied, 1);
  copied.chunk().SetCardinality(keys.rows());
  EncodedKeys read;
  read.Read(&lent, 0, 1);
  RC_ASSERT(read.rows() == chosen.size());
  for (size_t i = 0; i < chosen.size(); i++) {
    RC_ASSERT(read.key(i) == keys.key(chosen[i]));
    RC_ASSERT(read.hash(i) == keys.hash(chosen[i]));
  }
  const uint32_t last = static_cast<uint32_t>(keys.rows() - 1);
  duckdb::SelectionVector backwards(kBatchRows);
  for (uint32_t i = 0; i <= last; i++) backwards.set_index(i, last - i);
  copied.Slice(backwards, keys.rows());
  read.Read(&copied, 0, 1);
  for (size_t i = 0; i <= last; i++) {
    RC_ASSERT(read.key(i) == keys.key(last - i));
    RC_ASSERT(read.hash(i) == keys.hash(last - i));
  }
}

void EncodesAndDecodes() {
  std::vector<std::string> types;
  for (int i = *rc::gen::inRange(1, 4); i > 0; i--) types.emplace_back(*rc::gen::elementOf(kTypes));
  const Schema schema = SchemaOf(types);
  const KeyCodec codec(TypesOf(schema));
  std::vector<size_t> columns;
  Batch in(schema);
  const size_t rows = 12;
  for (size_t c = 0; c < schema.size(); c++) {
    columns.push_back(c);
    for (size_t i = 0; i < rows; i++) in.chunk().SetValue(c, i, AnyValue(*schema[c].type));
  }
  in.chunk().SetCardinality(rows);
  Reshape(&in);
  RC_LOG() << in.chunk().ToString() << std::endl;

  EncodedKeys keys;
  codec.Encode(in, columns, &keys);
  RC_ASSERT(keys.rows() == in.rows());
  for (size_t a = 0; a < in.rows(); a++) {
    RC_ASSERT(keys.hash(a) == HashKey(keys.key(a)));
    for (size_t b = 0; b < a; b++) RC_ASSERT((keys.key(a) == keys.key(b)) == SameKey(in, a, in, b));
  }

  TravelsAsColumns(keys);
  EncodedKeys first_only;  // the hash is of the first column; the key is whole
  codec.Encode(in, columns, 1, &first_only);
  EncodedKeys alone;
  KeyCodec({schema[0].type}).Encode(in, {0}, &alone);
  for (size_t i = 0; i < in.rows(); i++) {
    RC_ASSERT(first_only.key(i) == keys.key(i));
    RC_ASSERT(first_only.hash(i) == alone.hash(i));
  }

  // In two parts, the second behind the first and with a column before it.
  Schema wider = schema;
  wider.insert(wider.begin(), {"before", MakeType(LogicalType::BIGINT), false});
  Batch out(wider);
  const std::vector<std::string_view> views = Views(keys);
  const auto half = views.begin() + static_cast<ptrdiff_t>(views.size() / 2);
  codec.Decode({views.begin(), half}, &out, 1);
  codec.Decode({half, views.end()}, &out, 1, half - views.begin());
  out.chunk().SetCardinality(in.rows());
  RC_LOG() << out.chunk().ToString() << std::endl;
  for (size_t i = 0; i < in.rows(); i++) {
    for (size_t c = 0; c < schema.size(); c++) {
      RC_ASSERT(Value::NotDistinctFrom(in.chunk().GetValue(c, i), out.chunk().GetValue(c + 1, i)));
    }
  }
}

TEST(KeyCodecTest, BytesAreEqualWhenDuckDbSaysKeysAreAndComeBackAsTheyWere) {
  EXPECT_TRUE(rc::check("codec", EncodesAndDecodes));
}

void OnlyKeysAreKeys() {
  std::vector<std::string> types;
  for (int i = *rc::gen::inRange(1, 4); i > 0; i--) types.emplace_back(*rc::gen::elementOf(kTypes));
  const Schema schema = SchemaOf(types);
  const KeyCodec codec(TypesOf(schema));
  Batch in(schema), out(schema);
  std::vector<size_t> columns;
  for (size_t c = 0; c < schema.size(); c++) {
    in.chunk().SetValue(c, 0, AnyValue(*schema[c].type));
    columns.push_back(c);
  }
  in.chunk().SetCardinality(1);
  EncodedKeys keys;
  codec.Encode(in, columns, &keys);
  const std::string key(keys.key(0));
  RC_ASSERT(codec.IsKey(key));
  for (size_t size = 0; size < key.size(); size++) RC_ASSERT(!codec.IsKey(key.substr(0, size)));
  RC_ASSERT(!codec.IsKey(key + '\0'));
  // What is taken for a key can be decoded, whatever it is.
  std::string other = key;
  other[*rc::gen::inRange<size_t>(0, key.size())] ^= static_cast<char>(*rc::gen::inRange(1, 256));
  if (codec.IsKey(other)) codec.Decode({other}, &out, 0);
}

TEST(KeyCodecTest, OnlyBytesOfKeysAreTakenForKeys) {
  EXPECT_TRUE(rc::check("keys cut short or changed", OnlyKeysAreKeys));
}

TEST(KeyCodecTest, NoColumnsAreOneEmptyKey) {
  const KeyCodec codec({});
  Batch in(SchemaOf({"BIGINT"}));
  in.chunk().SetCardinality(3);
  EncodedKeys keys;
  codec.Encode(in, {}, &keys);
  ASSERT_EQ(keys.rows(), 3U);
  EXPECT_EQ(keys.key(2), "");
  EXPECT_EQ(keys.hash(0), HashKey(""));
}

TEST(KeyCodecTest, NoRows) {
  const Schema schema = SchemaOf({"VARCHAR", "BIGINT[]"});
  const KeyCodec codec(TypesOf(schema));
  Batch in(schema);
  EncodedKeys keys;
  codec.Encode(in, {0, 1}, &keys);
  EXPECT_EQ(keys.rows(), 0U);
}

// Both must never change: they decide which worker owns a key, and checkpoints hold them.
TEST(KeyCodecTest, TheBytesOfAKey) {
  const Schema schema = SchemaOf({"VARCHAR", "BIGINT"});
  const KeyCodec codec(TypesOf(schema));
  Batch in(schema);
  in.chunk().SetValue(0, 0, Value("abc"));
  in.chunk().SetValue(1, 0, Value::BIGINT(42));
  in.chunk().SetValue(0, 1, Value(LogicalType::VARCHAR));
  in.chunk().SetValue(1, 1, Value::BIGINT(-1));
  in.chunk().SetCardinality(2);
  EncodedKeys keys;
  codec.Encode(in, {0, 1}, &keys);
  EXPECT_EQ(keys.key(0), std::string("\4abc\1\x2a\0\0\0\0\0\0\0", 13));
  EXPECT_EQ(keys.key(1), std::string("\0\1\xff\xff\xff\xff\xff\xff\xff\xff", 10));
  EXPECT_EQ(keys.hash(0), 0xa95647acb07f53bc);
}

TEST(KeyCodecTest, TextsOfAnyLengthComeBack) {
  const Schema schema = SchemaOf({"VARCHAR"});
  const KeyCodec codec(TypesOf(schema));
  Batch in(schema), out(schema);
  std::vector<std::string> texts;
  for (const size_t length : {0, 1, 12, 253, 254, 255, 256, 70'000}) {
    texts.push_back(std::string(length, 'x'));
    in.chunk().SetValue(0, texts.size() - 1, Value(texts.back()));
  }
  in.chunk().SetCardinality(texts.size());
  EncodedKeys keys;
  codec.Encode(in, {0}, &keys);
  EXPECT_EQ(keys.key(0), "\1");
  EXPECT_EQ(keys.key(3).size(), 254U);
  EXPECT_EQ(keys.key(4).substr(0, 6), (std::string_view("\xff\xfe\0\0\0x", 6)));
  codec.Decode({keys.keys().begin(), keys.keys().end()}, &out, 0);
  for (size_t i = 0; i < texts.size(); i++) {
    EXPECT_EQ(KeyCodec::TextOf(keys.key(i)), texts[i]);
    EXPECT_EQ(out.chunk().GetValue(0, i), Value(texts[i]));
  }
}

TEST(KeyCodecTest, TheHashOfAKey) {
  using std::literals::string_view_literals::operator""sv;
  EXPECT_EQ(HashKey(""), 0xfddb49e233c768fd);
  EXPECT_EQ(HashKey("a"), 0x690d7b7eeab98af0);
  EXPECT_EQ(HashKey("a\0"sv), 0x5325a52f1e513850);
  EXPECT_EQ(HashKey("sensor1"), 0x7ebf8f6b3da4f92b);
  EXPECT_EQ(HashKey("sensor12"), 0xb7d527c99afa9ae4);
  EXPECT_EQ(HashKey("sensor123"), 0x1b7afadd7a6dd17e);
  EXPECT_EQ(HashKey("sensor123sensor1"), 0xa5e812586aa2b3a6);
  EXPECT_EQ(HashKey(std::string(100, 'x')), 0xd630161b25e13ceb);
  EXPECT_EQ(HashKey("the quick brown fox jumps over the lazy dog"), 0x33f6570a006ab1fd);
}

TEST(KeyCodecTest, KeysSpreadEvenlyOverTheGroups) {
  // Keys that differ in few bits: numbers in a row, and names with a number.
  for (const bool text : {false, true}) {
    std::array<int, kKeyGroups> groups{};
    for (int64_t i = 0; i < 256 * 400; i++) {
      const std::string key =
          text ? "device-" + std::to_string(i) : std::string(reinterpret_cast<char*>(&i), sizeof(i));
      groups.at(KeyGroupOf(HashKey(key)))++;
    }
    for (const int count : groups) {  // 400 expected, standard deviation 20
      EXPECT_GT(count, 300);
      EXPECT_LT(count, 500);
    }
  }
}

TEST(KeyCodecTest, EveryWorkerOwnsARange) {
  for (const int workers : {1, 2, 3, 4, 7}) {
    EXPECT_EQ(WorkerOf(0, workers), 0);
    EXPECT_EQ(WorkerOf(kKeyGroups - 1, workers), workers - 1);
    for (int g = 1; g < kKeyGroups; g++) {
      const int step = WorkerOf(g, workers) - WorkerOf(g - 1, workers);
      EXPECT_TRUE(step == 0 || step == 1);
    }
  }
}

}  // namespace
}  // namespace laminar

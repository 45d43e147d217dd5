// LLVMFuzzerTestOneInput: any bytes as an aggregated record. Build this file with -fsanitize=fuzzer for a long run; the
// test below feeds it mutations of good records, which a sanitizer build then watches.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/random.h"
#include "connectors/kinesis/kpl.h"
#include "connectors/kinesis/kpl_writer_for_test.h"

namespace laminar::kinesis {
namespace {

// CHECKs that what comes out lies within what went in, and that no more comes out than can be in it.
void Exercise(const std::string& data, const HashKeyRange* range) {
  std::vector<KplRecord> records;
  const KplOutcome outcome = Deaggregate(data, range, &records);
  CHECK(outcome == KplOutcome::kAggregated || records.empty());
  CHECK(records.size() <= data.size() / 4);  // a tag and a length for the record, the same for its data
  for (const KplRecord& record : records) {
    for (const std::string_view part : {record.data, record.partition_key}) {
      CHECK(part.data() >= data.data() && part.data() + part.size() <= data.data() + data.size());
    }
  }
}

}  // namespace
}  // namespace laminar::kinesis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar::kinesis;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const HashKeyRange half{0, ~HashKey{0} / 2};
  // As it is, and with the magic and the digest that a fuzzer would not find.
  for (const std::string& record : {text, KplFrame(text)}) {
    Exercise(record, nullptr);
    Exercise(record, &half);
  }
  return 0;
}

namespace laminar::kinesis {
namespace {

TEST(KplFuzz, MutationsOfGoodMessages) {
  const std::string whole =
      Aggregate({{"a", "one"}, {"b", "", "17"}, {"a", std::string(300, 'x')}, {"c", "4", "340282366920938463463"}});
  const std::string message = whole.substr(4, whole.size() - 20);
  Random random(5);
  for (int round = 0; round < 20'000; round++) {
    std::string text = message;
    for (uint64_t n = 1 + random.Uniform(5); n > 0 && !text.empty(); n--) {
      const size_t at = random.Uniform(text.size());
      switch (random.Uniform(4)) {
        case 0:
          text[at] = static_cast<char>(random.Uniform(256));
          break;
        case 1:
          text.insert(at, text.substr(random.Uniform(text.size()), random.Uniform(30)));
          break;
        case 2:
          text.erase(at, 1 + random.Uniform(8));
          break;
        default:
          text.resize(at);
      }
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
}  // namespace laminar::kinesis

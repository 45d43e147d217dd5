// generate KIND ROWS SEED > FILE: JSON lines, the same for the same seed. sensors, orders, clicks, transactions: the
// shapes of the user's page; readings-N: a value for one of N keys. A row a millisecond; clicks, transactions and
// readings come up to two seconds late, each on its own.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>

#include "base/random.h"

namespace {

constexpr int64_t kStartSeconds = 1'767'225'600;  // 2026-01-01

void AppendTime(std::string* out, int64_t millis) {
  char text[40];
  const time_t seconds = static_cast<time_t>(kStartSeconds + millis / 1000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  *out += std::string(text, length);
  snprintf(text, sizeof text, ".%03dZ", static_cast<int>(millis % 1000));
  *out += text;
}

void Sensor(laminar::Random& random, int64_t row, std::string* out) {
  char text[256];
  snprintf(
      text, sizeof text,
      R"({"device_id":"dev-%04d","location":{"lat":%.4f,"lon":%.4f},"temperature":%.1f,"humidity":%.1f,"pressure":%.1f,"timestamp":")",
      static_cast<int>(random.Uniform(10000)), random.UniformDouble() * 180 - 90, random.UniformDouble() * 360 - 180,
      10 + random.UniformDouble() * 35, random.UniformDouble() * 100, 950 + random.UniformDouble() * 100);
  *out += text;
  AppendTime(out, row);
  *out += "\"}\n";
}

void Order(laminar::Random& random, int64_t row, std::string* out) {
  char text[128];
  snprintf(text, sizeof text, R"({"order_id":%)" PRId64 R"(,"customer_id":"customer-%05d","items":[)", row + 1,
           static_cast<int>(random.Uniform(100000)));
  *out += text;
  const int items = 1 + static_cast<int>(random.Uniform(3));
  int64_t cents = 0;
  for (int i = 0; i < items; i++) {
    const int quantity = 1 + static_cast<int>(random.Uniform(5));
    const int price = 100 + static_cast<int>(random.Uniform(99900));
    cents += int64_t{quantity} * price;
    snprintf(text, sizeof text, R"(%s{"sku":"SKU-%05d","qty":%d,"price":%d.%02d})", i ? "," : "",
             static_cast<int>(random.Uniform(50000)), quantity, price / 100, price % 100);
    *out += text;
  }
  snprintf(text, sizeof text, R"(],"total_amount":%)" PRId64 R"(.%02d,"order_time":")", cents / 100,
           static_cast<int>(cents % 100));
  *out += text;
  AppendTime(out, row);
  *out += "\"}\n";
}

int64_t Late(laminar::Random& random, int64_t row) {
  return row + 2000 - static_cast<int64_t>(random.Uniform(2000));
}

void Click(laminar::Random& random, int64_t row, std::string* out) {
  char text[256];
  const int user = static_cast<int>(random.Uniform(50000));
  snprintf(text, sizeof text, R"({"session_id":"s-%06d","user_id":"user-%05d","page_url":"/products/%03d",)",
           user * 3 + static_cast<int>(random.Uniform(3)), user, static_cast<int>(random.Uniform(500)));
  *out += text;
  snprintf(text, sizeof text, R"("referrer":"https://example.com/%d","user_agent":"Mozilla/5.0",)",
           static_cast<int>(random.Uniform(10)));
  *out += text;
  snprintf(text, sizeof text, R"("ip_address":"10.0.%d.%d","event_time":")", user / 256 % 256, user % 256);
  *out += text;
  AppendTime(out, Late(random, row));
  *out += "\"}\n";
}

void Transaction(laminar::Random& random, int64_t row, std::string* out) {
  char text[256];
  const int cents = 100 + static_cast<int>(random.Uniform(random.Uniform(50) == 0 ? 2'000'000 : 20'000));
  snprintf(text, sizeof text, R"({"transaction_id":"tx-%09)" PRId64 R"(","account_id":"account-%05d",)", row,
           static_cast<int>(random.Uniform(10000)));
  *out += text;
  snprintf(text, sizeof text, R"("merchant_id":"merchant-%04d","amount":%d.%02d,"currency":"EUR","transaction_time":")",
           static_cast<int>(random.Uniform(2000)), cents / 100, cents % 100);
  *out += text;
  AppendTime(out, Late(random, row));
  *out += "\"}\n";
}

void Reading(laminar::Random& random, uint64_t keys, int64_t row, std::string* out) {
  char text[256];
  snprintf(text, sizeof text, R"({"key":"key-%07d","value":%.3f,"note":"a field that nobody reads","ts":")",
           static_cast<int>(random.Uniform(keys)), random.UniformDouble() * 1000);
  *out += text;
  AppendTime(out, Late(random, row));
  *out += "\"}\n";
}

using AppendRow = std::function<void(laminar::Random&, int64_t, std::string*)>;

AppendRow KindOf(const std::string& name) {
  if (name == "sensors") return Sensor;
  if (name == "orders") return Order;
  if (name == "clicks") return Click;
  if (name == "transactions") return Transaction;
  if (name.starts_with("readings-")) {
    const auto keys = static_cast<uint64_t>(std::atoll(name.c_str() + std::strlen("readings-")));
    if (keys > 0)
      return [keys](laminar::Random& random, int64_t row, std::string* out) { Reading(random, keys, row, out); };
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const AppendRow append = argc == 4 ? KindOf(argv[1]) : nullptr;
  if (!append) {
    std::fputs("usage: generate sensors|orders|clicks|transactions|readings-N ROWS SEED > FILE\n", stderr);
    return 2;
  }
  const int64_t rows = std::atoll(argv[2]);
  laminar::Random random(static_cast<uint64_t>(std::atoll(argv[3])));
  std::string buffer;
  for (int64_t row = 0; row < rows; row++) {
    append(random, row, &buffer);
    if (buffer.size() > (1 << 20) || row + 1 == rows) {
      if (std::fwrite(buffer.data(), 1, buffer.size(), stdout) != buffer.size()) {
        std::perror("generate: cannot write");
        return 1;
      }
      buffer.clear();
    }
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

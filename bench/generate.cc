// generate sensors|orders ROWS SEED > FILE: JSON lines of the shapes of the user's page, the same for the same seed.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
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

}  // namespace

int main(int argc, char** argv) {
  const bool sensors = argc == 4 && std::strcmp(argv[1], "sensors") == 0;
  if (!sensors && !(argc == 4 && std::strcmp(argv[1], "orders") == 0)) {
    std::fputs("usage: generate sensors|orders ROWS SEED > FILE\n", stderr);
    return 2;
  }
  const int64_t rows = std::atoll(argv[2]);
  laminar::Random random(static_cast<uint64_t>(std::atoll(argv[3])));
  std::string buffer;
  for (int64_t row = 0; row < rows; row++) {
    sensors ? Sensor(random, row, &buffer) : Order(random, row, &buffer);
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

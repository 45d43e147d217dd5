// Rows of the page's IoT and order streams as JSON, for the benches of the format.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/format.h"

namespace laminar {

constexpr size_t kJsonRows = 20000;

inline std::string Two(size_t n) {
  return {static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
}

inline std::string Time(size_t i) {
  return "2026-01-01T" + Two(i / 3600 % 24) + ":" + Two(i / 60 % 60) + ":" + Two(i % 60) + "." +
         std::to_string(100 + i % 900) + "Z";
}

inline std::string Decimal(size_t i, size_t range) {
  return std::to_string(i * 7919 % range) + "." + std::to_string(i * 31 % 10);
}

inline std::vector<std::string> Sensors() {
  std::vector<std::string> lines;
  for (size_t i = 0; i < kJsonRows; i++) {
    lines.push_back("{\"device_id\":\"dev-" + std::to_string(i % 1000) + "\",\"location\":{\"lat\":" + Decimal(i, 90) +
                    ",\"lon\":" + Decimal(i, 180) + "},\"temperature\":" + Decimal(i, 50) + ",\"humidity\":" +
                    Decimal(i, 100) + ",\"pressure\":" + Decimal(i, 1100) + ",\"timestamp\":\"" + Time(i) + "\"}");
  }
  return lines;
}

inline std::vector<std::string> Orders() {
  std::vector<std::string> lines;
  for (size_t i = 0; i < kJsonRows; i++) {
    std::string items;
    for (size_t k = 0; k <= i % 3; k++) {
      items += (k ? "," : "") + std::string("{\"sku\":\"sku-") + std::to_string(i * 13 % 5000) +
               "\",\"qty\":" + std::to_string(1 + k) + ",\"price\":" + Decimal(i + k, 100) + "}";
    }
    lines.push_back("{\"order_id\":" + std::to_string(1000000 + i) + ",\"customer_id\":\"customer-" +
                    std::to_string(i * 17 % 9999) + "\",\"items\":[" + items + "],\"total_amount\":" +
                    std::to_string(i * 7919 % 100000) + ".45,\"order_time\":\"" + Time(i) + "\"}");
  }
  return lines;
}

// The lines as records, each with the padding that decoders need.
class JsonRecords {
 public:
  // in_blocks: 1 MB of lines a record, as the file connector reads; else a record a line, as from a stream.
  JsonRecords(const std::vector<std::string>& lines, bool in_blocks) {
    std::vector<std::pair<size_t, size_t>> places;
    size_t begin = 0;
    for (const auto& line : lines) {
      bytes_ += line;
      if (in_blocks) {
        bytes_ += '\n';
        if (bytes_.size() - begin < (1 << 20)) continue;
      }
      places.emplace_back(begin, bytes_.size() - begin);
      bytes_.append(kRecordPadding, ' ');
      begin = bytes_.size();
    }
    if (in_blocks && bytes_.size() > begin) places.emplace_back(begin, bytes_.size() - begin);
    bytes_.append(kRecordPadding, ' ');
    for (const auto& [at, size] : places) views_.emplace_back(bytes_.data() + at, size);
  }
  JsonRecords(const JsonRecords&) = delete;

  std::span<const RecordView> views() const { return views_; }
  size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::vector<RecordView> views_;
};

}  // namespace laminar

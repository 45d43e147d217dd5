#include "formats/raw/raw_format.h"

#include <string>

#include "duckdb/common/types.hpp"

#include "formats/option.h"
#include "formats/raw/raw_decoder.h"
#include "formats/raw/raw_encoder.h"

namespace laminar {
namespace {

class RawFormat final : public Format {
 public:
  explicit RawFormat(bool text) : text_(text) {}

  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& /*options*/) const override {
    return std::unique_ptr<Decoder>(std::make_unique<RawDecoder>(schema, text_));
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& /*options*/) const override {
    return std::unique_ptr<Encoder>(std::make_unique<RawEncoder>(schema));
  }
  FileLayout Layout(const OptionValues& /*options*/) const override { return FileLayout::kLineIsRow; }

  void Check(const Schema& columns, const OptionValues& options, OptionUse /*use*/,
             std::vector<Status>* problems) const override {
    const std::string type = text_ ? "TEXT" : "BLOB";
    const auto fits = [&](const Column& column) {
      return text_ ? column.type->id() == duckdb::LogicalTypeId::VARCHAR && !column.type->IsJSONType()
                   : column.type->id() == duckdb::LogicalTypeId::BLOB;
    };
    if (columns.size() == 1 && fits(columns[0])) return;
    std::string has = columns.empty() ? "no" : std::to_string(columns.size());
    if (columns.size() == 1) has = columns[0].name + " " + TypeName(*columns[0].type);
    const std::string format = options.StringOr("format", text_ ? "raw_string" : "raw");
    problems->push_back(Status::User("format '" + format + "' puts the whole record into one column of type " + type +
                                         ", but the table has " +
                                         (columns.size() == 1 ? "the column " + has : has + " columns"),
                                     "declare the one column `value " + type + "`, or choose another format")
                            .At(options.position("format")));
  }

 private:
  const bool text_;
};

}  // namespace

std::unique_ptr<Format> MakeRawFormat() {
  return std::make_unique<RawFormat>(/*text=*/false);
}

std::unique_ptr<Format> MakeRawStringFormat() {
  return std::make_unique<RawFormat>(/*text=*/true);
}

}  // namespace laminar

#include "formats/compression/compressed_encoder.h"

namespace laminar {

Status CompressedEncoder::Encode(const Batch& batch, EncodedRows* out) {
  plain_.Clear();
  plain_.newlines = out->newlines && !is_each_;
  RETURN_IF_ERROR(inner_->Encode(batch, &plain_));
  if (plain_.rows() == 0) return Status::Ok();
  if (plain_.newlines) {
    compressor_.Append(plain_.bytes, &out->bytes);
    out->ends.push_back(out->bytes.size());
    out->first_rows.push_back(0);
    return Status::Ok();
  }
  for (size_t i = 0; i < plain_.rows(); i++) {
    compressor_.Append(plain_.row(i), &out->bytes);
    if (out->newlines) out->bytes += '\n';
    out->ends.push_back(out->bytes.size());
  }
  out->first_rows.insert(out->first_rows.end(), plain_.first_rows.begin(), plain_.first_rows.end());
  return Status::Ok();
}

}  // namespace laminar

// NOT NULL on the way out: what every encoder checks before it writes a batch.
#pragma once

#include "base/status.h"
#include "duck/batch.h"
#include "duck/schema.h"

namespace laminar {

// Error (kUser): a NULL in a NOT NULL column of `schema`, which is `batch`'s; it names the column and the row's origin.
Status CheckNotNull(const Schema& schema, const Batch& batch);

}  // namespace laminar

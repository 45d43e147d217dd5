// The dead letters of bad_data = 'dead_letter' as the records that they were, for replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "formats/format.h"

namespace laminar::cli {

// The columns of a letter. A line without a reason is none.
Schema LetterSchema();

// data BLOB: the bytes; partition_key VARCHAR: what they came with, or one made of them; header_bytes BIGINT, format
// VARCHAR: as LetterColumn has them, 0 and "" where there are none.
Schema ReplaySchema();

struct ReplayCounts {
  std::atomic<uint64_t> without_data = 0;  // letters that hold a row, not a record: nothing to put back
  std::atomic<uint64_t> again = 0;         // letters of what another one holds
  std::atomic<uint64_t> incomplete = 0;    // records of which a letter is missing
  std::atomic<uint64_t> no_letters = 0;    // lines or records that are something else, each a bad row
  std::atomic<uint64_t> damaged = 0;       // records that are to go into a file and cannot be decompressed
};

// Reads letters as lines of JSON; of a record that was kept in several it gives all bytes once the last has come. A
// letter that stands there twice, as it may after a crash, counts once. counts: borrowed.
std::unique_ptr<Decoder> MakeDeadLetterDecoder(ReplayCounts* counts);

}  // namespace laminar::cli

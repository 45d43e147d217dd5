// TimeOrder: numbers with times, taken out in the order of the times, those of equal time in the order in which they
// were added. They come nearly in order, from several splits, each some way ahead of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace laminar {

class TimeOrder {
 public:
  struct Item {
    int64_t time;
    uint32_t number;
  };

  void Add(int64_t time, uint32_t number) { fresh_.push_back({time, number}); }
  // Call it after a batch of Add: what was added is put in order.
  void Seal();
  // Appends all items below `time`, in order; they are gone then.
  void TakeBelow(int64_t time, std::vector<Item>* items);
  int64_t bytes() const;

 private:
  // Sorted; taken from the front.
  struct Run {
    std::vector<Item> items;
    size_t begin = 0;
  };
  std::vector<Item> fresh_;
  std::deque<Run> runs_;  // each was added before the next
};

}  // namespace laminar

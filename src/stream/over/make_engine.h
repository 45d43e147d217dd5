// The families of engines. Each returns nullptr for what it does not compute.
#pragma once

#include <memory>

#include "stream/over/engine.h"

namespace laminar {

// count, bool_and, bool_or
std::unique_ptr<OverEngine> MakeCountEngine(const OverFunction& function, const Schema& input);
// sum and avg of integers, DECIMAL, FLOAT and DOUBLE
std::unique_ptr<OverEngine> MakeSumEngine(const OverFunction& function, const Schema& input);
// stddev, fsum and their like over frames that only grow
std::unique_ptr<OverEngine> MakeGrowingEngine(const OverFunction& function, const Schema& input);
// min and max of values of fixed width
std::unique_ptr<OverEngine> MakeExtremeEngine(const OverFunction& function, const Schema& input);
// min and max of texts and blobs over frames that slide
std::unique_ptr<OverEngine> MakeTextExtremeEngine(const OverFunction& function, const Schema& input);
// count(DISTINCT x) over frames that slide
std::unique_ptr<OverEngine> MakeCountDistinctEngine(const OverFunction& function, const Schema& input);
// row_number, rank, dense_rank
std::unique_ptr<OverEngine> MakeRankEngine(const OverFunction& function);
// lag, first_value, last_value, nth_value; of any type
std::unique_ptr<OverEngine> MakeValueEngine(const OverFunction& function, const Schema& input);
// every aggregate
std::unique_ptr<OverEngine> MakeGenericEngine(const OverFunction& function, const Schema& input);

}  // namespace laminar

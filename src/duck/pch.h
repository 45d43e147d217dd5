// The precompiled header of every folder that uses DuckDB: parsing duckdb.hpp costs several seconds a file without it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "duckdb.hpp"

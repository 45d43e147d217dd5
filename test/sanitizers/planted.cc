// Bugs on purpose, one a run, each of which its sanitizer must report: the proof that the checked builds check, and
// that test/tsan.supp, which silences DuckDB's uninstrumented library, silences nothing of ours.
//   planted race             two threads write an integer
//   planted race-in-callback the same inside a function of ours that DuckDB's executor calls
//   planted overflow | out-of-bounds
#include <atomic>
#include <climits>
#include <cstring>
#include <memory>
#include <thread>

#include "duckdb.hpp"

namespace {

int shared_number = 0;

void Write() {
  for (int i = 0; i < 1000; i++) shared_number += i;
}

void Race() {
  std::thread other(Write);
  Write();
  other.join();
}

// Relaxed, so that meeting orders nothing: both threads are inside their callback before either writes, and no lock that
// DuckDB took on the way can stand between the two writes.
std::atomic<int> inside{0};

int32_t WriteAndReturn(int32_t x) {
  inside.fetch_add(1, std::memory_order_relaxed);
  while (inside.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
  Write();
  return x;
}

// One database for each thread: nothing orders the two but the race itself.
void QueryThatWrites() {
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  connection.Query("SET threads = 1");
  connection.CreateScalarFunction<int32_t, int32_t>("write_and_return", &WriteAndReturn);
  connection.Query("SELECT write_and_return(range::INTEGER) FROM range(1000)");
}

void RaceInCallback() {
  // What the library sets up once, under locks of its own that the sanitizer cannot follow, is set up before there are
  // two threads.
  duckdb::DuckDB first(nullptr);
  duckdb::Connection(first).Query("SELECT sum(range) FROM range(10)");
  std::thread other(QueryThatWrites);
  QueryThatWrites();
  other.join();
}

int Overflow(int argc) {
  return INT_MAX - 1 + argc;
}

int OutOfBounds(int argc) {
  auto numbers = std::make_unique<int[]>(argc);
  return numbers[argc];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (std::strcmp(argv[1], "race") == 0) Race();
  if (std::strcmp(argv[1], "race-in-callback") == 0) RaceInCallback();
  if (std::strcmp(argv[1], "overflow") == 0) return Overflow(argc);
  if (std::strcmp(argv[1], "out-of-bounds") == 0) return OutOfBounds(argc);
  return shared_number == 1 ? 1 : 0;
}

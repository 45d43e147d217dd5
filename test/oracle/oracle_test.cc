// Random queries over random rows: the result of a stream must be what DuckDB answers to the same as a batch.
//
//   oracle_test                        a fixed set of seeds, as a GoogleTest
//   oracle_test --runs 2000 --seed 1   seeds 1 to 2000; prints each difference, and how to see it again
//   oracle_test --runs 1 --seed 17     one of them; --shape NAME: with another query
//   oracle_test --list                 the shapes
//
// With --runs the exit code is 1 if there was a difference. --shrink N: how many runs to spend on finding fewer rows
// that still differ (default 150; 0 = none).
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "base/clock.h"
#include "case_run.h"
#include "random_case.h"

namespace laminar::oracle {
namespace {

constexpr uint64_t kFixedSeeds = 124;         // two of each shape
constexpr unsigned kLongestRunSeconds = 120;  // one that takes longer hangs
constexpr int kAgain = 5;                     // runs of one that differed: does it always?

char at_hand[64];  // for the signal handler

// A run that hangs ends the program with its seed.
void WatchOver(uint64_t seed) {
  std::snprintf(at_hand, sizeof at_hand, "seed %llu hangs\n", static_cast<unsigned long long>(seed));
  signal(SIGALRM, [](int) {
    if (write(STDERR_FILENO, at_hand, std::strlen(at_hand)) > 0) _exit(3);
    _exit(4);
  });
  alarm(kLongestRunSeconds);
}

class Seeds : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Seeds, GiveWhatDuckDbGives) {
  WatchOver(GetParam());
  const RandomCase random_case = MakeCase(GetParam(), nullptr);
  const std::string difference = DifferenceOf(random_case);
  alarm(0);
  if (difference.empty()) return;
  int again = 0;
  for (int i = 0; i < kAgain; i++) {
    WatchOver(GetParam());
    again += DifferenceOf(random_case).empty() ? 0 : 1;
  }
  alarm(0);
  ADD_FAILURE() << difference << "shape " << random_case.shape << "; " << again << " of " << kAgain
                << " runs more differ, too\noracle_test --runs 1 --seed " << GetParam() << " shows it in few rows";
}

INSTANTIATE_TEST_SUITE_P(Fixed, Seeds, ::testing::Range<uint64_t>(1, kFixedSeeds + 1),
                         [](const auto& seed) { return std::to_string(seed.param); });

struct Arguments {
  uint64_t runs = 0, seed = 1;
  int shrink = 150;
  std::string shape;
  bool list = false;
};

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i++) {
    const std::string name = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--list") arguments.list = true;
    if (name == "--runs") arguments.runs = std::stoull(value);
    if (name == "--seed") arguments.seed = std::stoull(value);
    if (name == "--shape") arguments.shape = value;
    if (name == "--shrink") arguments.shrink = std::stoi(value);
  }
  return arguments;
}

int RunByHand(const Arguments& arguments) {
  const std::vector<Shape> shapes = AllShapes();
  const Shape* only = nullptr;
  for (const Shape& shape : shapes) {
    if (arguments.list) std::printf("%s\n", shape.name);
    if (arguments.shape == shape.name) only = &shape;
  }
  if (arguments.list) return 0;
  if (only == nullptr && !arguments.shape.empty()) {
    std::fprintf(stderr, "no shape is called %s; see --list\n", arguments.shape.c_str());
    return 2;
  }
  const SystemClock clock;
  const int64_t start = clock.SteadyMicros();
  std::map<std::string, uint64_t> differing;  // by shape
  uint64_t differences = 0;
  for (uint64_t seed = arguments.seed; seed < arguments.seed + arguments.runs; seed++) {
    WatchOver(seed);
    RandomCase random_case = MakeCase(seed, only);
    const std::string difference = DifferenceOf(random_case);
    if (difference.empty()) continue;
    differences++;
    std::printf("DIFFERENCE seed %llu, shape %s: oracle_test --runs 1 --seed %llu%s\n%s",
                static_cast<unsigned long long>(seed), random_case.shape.c_str(), static_cast<unsigned long long>(seed),
                only == nullptr ? "" : (" --shape " + arguments.shape).c_str(), difference.c_str());
    if (differing[random_case.shape]++ == 0 && arguments.shrink > 0) {
      alarm(0);
      random_case = Shrink(std::move(random_case), arguments.shrink);
      std::printf("with fewer rows:\n%s%s", DifferenceOf(random_case).c_str(), AsTestFile(random_case).c_str());
    }
    std::fflush(stdout);
  }
  alarm(0);
  for (const auto& [shape, count] : differing)
    std::printf("%s: %llu differences\n", shape.c_str(), static_cast<unsigned long long>(count));
  std::printf("%llu runs, seeds %llu to %llu, %zu shapes, with 1, 2 and 4 workers each: %llu differences, %.1f s\n",
              static_cast<unsigned long long>(arguments.runs), static_cast<unsigned long long>(arguments.seed),
              static_cast<unsigned long long>(arguments.seed + arguments.runs - 1), only ? 1 : shapes.size(),
              static_cast<unsigned long long>(differences),
              static_cast<double>(clock.SteadyMicros() - start) / kMicrosPerSecond);
  return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace laminar::oracle

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const auto arguments = laminar::oracle::Parse(argc, argv);
  if (arguments.runs > 0 || arguments.list) return laminar::oracle::RunByHand(arguments);
  return RUN_ALL_TESTS();
}

// proc(5): /proc/self/statm, /proc/self/stat, /proc/self/fd, /proc/stat.
#include "metrics/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "base/clock.h"

namespace laminar {

namespace {

// The fields of /proc/self/stat behind the program's name, which may hold anything, from number 3 on.
std::istringstream StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  return std::istringstream(name_end == std::string::npos ? "" : line.substr(name_end + 1));
}

std::string Field(int number) {
  std::istringstream fields = StatFields();
  std::string field;
  for (int i = 3; i <= number; i++) fields >> field;
  return fields ? field : "0";
}

int64_t BootSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  int64_t seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

int64_t Micros(const timeval& time) {
  return time.tv_sec * kMicrosPerSecond + time.tv_usec;
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  int64_t pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident_pages;
  const int64_t page_bytes = sysconf(_SC_PAGESIZE);
  figures.virtual_bytes = pages * page_bytes;
  figures.resident_bytes = resident_pages * page_bytes;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  figures.cpu_micros = Micros(used.ru_utime) + Micros(used.ru_stime);
  figures.threads = std::strtoll(Field(20).c_str(), nullptr, 10);
  // Without the one that the listing itself has open.
  std::error_code error;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error))
    figures.open_files++;
  if (figures.open_files > 0) figures.open_files--;
  rlimit most{};
  if (getrlimit(RLIMIT_NOFILE, &most) == 0) figures.most_open_files = static_cast<int64_t>(most.rlim_cur);
  const int64_t ticks = std::strtoll(Field(22).c_str(), nullptr, 10), per_second = sysconf(_SC_CLK_TCK);
  if (const int64_t boot = BootSeconds(); boot > 0 && per_second > 0)
    figures.started_micros = boot * kMicrosPerSecond + ticks * kMicrosPerSecond / per_second;
  return figures;
}

}  // namespace laminar

// In builds with a sanitizer DuckDB's vectors and arenas lie in ordinary memory. Its own allocator (jemalloc, in a
// library that is not instrumented) hands memory from thread to thread and from vector to vector unseen:
// ThreadSanitizer took that for races, AddressSanitizer never knew where a vector ends or that it is gone. DuckDB
// refers to these three functions by name, so that the program's come before the library's own.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

#include <cstdlib>

#include "duckdb/common/allocator.hpp"

#ifdef __SANITIZE_THREAD__
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace {

// What one thread allocates and another frees DuckDB has ordered itself, by means that ThreadSanitizer does not see.
void* Allocated(void* memory) {
#ifdef __SANITIZE_THREAD__
  if (memory != nullptr) __tsan_release(memory);
#endif
  return memory;
}
void* ToBeFreed(void* memory) {
#ifdef __SANITIZE_THREAD__
  if (memory != nullptr) __tsan_acquire(memory);
#endif
  return memory;
}

}  // namespace

namespace duckdb {

data_ptr_t Allocator::DefaultAllocate(PrivateAllocatorData* /*data*/, idx_t size) {
  return static_cast<data_ptr_t>(Allocated(std::malloc(size)));
}
void Allocator::DefaultFree(PrivateAllocatorData* /*data*/, data_ptr_t pointer, idx_t /*size*/) {
  std::free(ToBeFreed(pointer));
}
data_ptr_t Allocator::DefaultReallocate(PrivateAllocatorData* /*data*/, data_ptr_t pointer, idx_t /*old_size*/,
                                        idx_t size) {
  return static_cast<data_ptr_t>(Allocated(std::realloc(ToBeFreed(pointer), size)));
}

}  // namespace duckdb

namespace laminar {
void LinkVisibleAllocator() {}
}  // namespace laminar

#endif

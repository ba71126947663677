#pragma once

// Theory of operation. An array of zeroes that may be much longer than what is used of it: the
// kernel gives a page when it is first touched, and a large one where it has any, so that random
// access to millions of elements does not miss the TLB each time.

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace portico {

// Elements must be well when they are all zeroes.
template <typename T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  // Begins with a page. Throws std::bad_alloc.
  explicit LazyArray(std::size_t count) : elements_(map(count), Unmap{count * sizeof(T)}) {}

  T& operator[](std::size_t i) noexcept { return elements_.get()[i]; }
  const T& operator[](std::size_t i) const noexcept { return elements_.get()[i]; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(T* elements) const noexcept { munmap(elements, bytes); }
  };

  static T* map(std::size_t count) {
    if (count == 0) return nullptr;
    const std::size_t bytes = count * sizeof(T);
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    madvise(memory, bytes, MADV_HUGEPAGE);  // a kernel without them refuses: small ones, then
    return static_cast<T*>(memory);
  }

  std::unique_ptr<T, Unmap> elements_;
};

}  // namespace portico

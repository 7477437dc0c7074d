#include "seqlock_reader.h"

#include <atomic>
#include <cstring>

#include "clock.h"

namespace untorn {

SeqlockReader::SeqlockReader(const uint64_t* version, const uint8_t* payload, size_t payload_bytes)
    : version_(version), payload_(payload), copy_(payload_bytes) {}

bool SeqlockReader::Read(uint32_t attempts_max) {
  for (uint32_t attempt = 0; attempt < attempts_max; ++attempt) {
    // Acquire: the copy below cannot start before it. Pairs with the writer's release of an even
    // version.
    const uint64_t before = __atomic_load_n(version_, __ATOMIC_ACQUIRE);
    if ((before & 1) == 0) {
      std::memcpy(copy_.data(), payload_, copy_.size());
      // The compiler must believe that the copy is used and that the memory may have changed.
      asm volatile("" : : "r"(copy_.data()) : "memory");
      // The copy ends before the second look; pairs with the writer's barrier between the odd
      // version and its payload stores.
      std::atomic_thread_fence(std::memory_order_acquire);
      if (__atomic_load_n(version_, __ATOMIC_RELAXED) == before) return true;
    }
    CpuRelax();
  }
  return false;
}

}  // namespace untorn

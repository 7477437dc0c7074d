// Barriers by what they are for. An owner's stores go through JavaScript, which has no fence that
// orders plain stores on ARM; these do.
#pragma once

#include <atomic>

namespace untorn {

// Earlier stores of this thread before later ones. On x86 stores are never reordered, so only the
// compiler is held back; pairs with the acquire loads of readers.
inline void StoreFence() {
#if defined(__aarch64__)
  asm volatile("dmb ishst" ::: "memory");
#else
  std::atomic_thread_fence(std::memory_order_release);
#endif
}

// Earlier stores before later loads as well.
inline void FullFence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

}  // namespace untorn

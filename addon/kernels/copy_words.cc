#include "copy_words.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace untorn {
namespace {

constexpr size_t kWord = 8;
// Vectors are aligned on the shared side, so that none straddles two cache lines there.
constexpr size_t kLine = 64;

size_t Misfit(const void* address, size_t unit) {
  return reinterpret_cast<uintptr_t>(address) & (unit - 1);
}

// The shared side is aligned and accessed with one instruction; the other side may be anywhere.
template <bool kSharedIsSource>
void CopyWord(uint8_t* to, const uint8_t* from) {
  uint64_t word;
  if constexpr (kSharedIsSource) {
    word = __atomic_load_n(reinterpret_cast<const uint64_t*>(from), __ATOMIC_RELAXED);
    std::memcpy(to, &word, kWord);
  } else {
    std::memcpy(&word, from, kWord);
    __atomic_store_n(reinterpret_cast<uint64_t*>(to), word, __ATOMIC_RELAXED);
  }
}

// Volatile, so that the compiler neither joins the bytes into a call of memcpy nor repeats them.
void CopyBytes(uint8_t* to, const uint8_t* from, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    *static_cast<volatile uint8_t*>(to + i) = *static_cast<const volatile uint8_t*>(from + i);
  }
}

// Copies as many whole 64-byte lines as there are and returns how many bytes that was. The shared
// side starts on a line.
using CopyLines = size_t (*)(uint8_t* to, const uint8_t* from, size_t length_bytes);

#if defined(__x86_64__)

template <bool kSharedIsSource>
size_t CopyLinesSse2(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  const size_t end = length_bytes & ~(kLine - 1);
  for (size_t at = 0; at < end; at += kLine) {
    __m128i part[4];
    for (int i = 0; i < 4; ++i) {
      const auto* source = reinterpret_cast<const __m128i*>(from + at) + i;
      part[i] = kSharedIsSource ? _mm_load_si128(source) : _mm_loadu_si128(source);
    }
    for (int i = 0; i < 4; ++i) {
      auto* target = reinterpret_cast<__m128i*>(to + at) + i;
      kSharedIsSource ? _mm_storeu_si128(target, part[i]) : _mm_store_si128(target, part[i]);
    }
    // The memory may have changed since: nothing read before may be taken for read again.
    asm volatile("" ::: "memory");
  }
  return end;
}

template <bool kSharedIsSource>
__attribute__((target("avx2"))) size_t CopyLinesAvx2(uint8_t* to, const uint8_t* from,
                                                     size_t length_bytes) {
  const size_t end = length_bytes & ~(kLine - 1);
  for (size_t at = 0; at < end; at += kLine) {
    const auto* source = reinterpret_cast<const __m256i*>(from + at);
    auto* target = reinterpret_cast<__m256i*>(to + at);
    const __m256i low = kSharedIsSource ? _mm256_load_si256(source) : _mm256_loadu_si256(source);
    const __m256i high =
        kSharedIsSource ? _mm256_load_si256(source + 1) : _mm256_loadu_si256(source + 1);
    kSharedIsSource ? _mm256_storeu_si256(target, low) : _mm256_store_si256(target, low);
    kSharedIsSource ? _mm256_storeu_si256(target + 1, high) : _mm256_store_si256(target + 1, high);
    asm volatile("" ::: "memory");
  }
  return end;
}

template <bool kSharedIsSource>
__attribute__((target("avx512f"))) size_t CopyLinesAvx512(uint8_t* to, const uint8_t* from,
                                                          size_t length_bytes) {
  const size_t end = length_bytes & ~(kLine - 1);
  for (size_t at = 0; at < end; at += kLine) {
    const __m512i line =
        kSharedIsSource ? _mm512_load_si512(from + at) : _mm512_loadu_si512(from + at);
    kSharedIsSource ? _mm512_storeu_si512(to + at, line) : _mm512_store_si512(to + at, line);
    asm volatile("" ::: "memory");
  }
  return end;
}

template <bool kSharedIsSource>
CopyLines ChooseCopyLines() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return CopyLinesAvx512<kSharedIsSource>;
  if (__builtin_cpu_supports("avx2")) return CopyLinesAvx2<kSharedIsSource>;
  return CopyLinesSse2<kSharedIsSource>;
}

#else

template <bool kSharedIsSource>
size_t CopyLinesByWords(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  const size_t end = length_bytes & ~(kLine - 1);
  for (size_t at = 0; at < end; at += kWord) CopyWord<kSharedIsSource>(to + at, from + at);
  return end;
}

template <bool kSharedIsSource>
CopyLines ChooseCopyLines() {
  return CopyLinesByWords<kSharedIsSource>;
}

#endif

const CopyLines kCopyLinesFromShared = ChooseCopyLines<true>();
const CopyLines kCopyLinesToShared = ChooseCopyLines<false>();

template <bool kSharedIsSource>
void Copy(uint8_t* to, const uint8_t* from, size_t length, CopyLines copy_lines) {
  const uint8_t* shared = kSharedIsSource ? from : to;
  size_t at = 0;
  if (const size_t misfit = Misfit(shared, kWord); misfit != 0) [[unlikely]] {
    at = kWord - misfit < length ? kWord - misfit : length;
    CopyBytes(to, from, at);
  }
  const size_t to_line = (kLine - Misfit(shared + at, kLine)) & (kLine - 1);
  if (length - at >= to_line + kLine) {
    for (const size_t line = at + to_line; at < line; at += kWord) {
      CopyWord<kSharedIsSource>(to + at, from + at);
    }
    at += copy_lines(to + at, from + at, length - at);
  }
  for (; length - at >= kWord; at += kWord) CopyWord<kSharedIsSource>(to + at, from + at);
  if (at < length) [[unlikely]]
    CopyBytes(to + at, from + at, length - at);
}

}  // namespace

void CopyFromShared(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  Copy<true>(to, from, length_bytes, kCopyLinesFromShared);
}

void CopyToShared(uint8_t* to, const uint8_t* from, size_t length_bytes) {
  Copy<false>(to, from, length_bytes, kCopyLinesToShared);
}

}  // namespace untorn

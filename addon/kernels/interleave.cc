#include "interleave.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace untorn {

void Interleave32(uint64_t* target, const uint32_t* source, size_t count, uint32_t tag) {
  const uint64_t upper = static_cast<uint64_t>(tag) << 32;
  size_t i = 0;
#if defined(__x86_64__)
  // Aligned vectors of two words: neither half of one can be torn.
  if (count != 0 && (reinterpret_cast<uintptr_t>(target) & 15) != 0) {
    __atomic_store_n(target, source[0] | upper, __ATOMIC_RELAXED);
    i = 1;
  }
  const __m128i tags = _mm_set1_epi32(static_cast<int>(tag));
  for (; count - i >= 4; i += 4) {
    const __m128i units = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i));
    auto* words = reinterpret_cast<__m128i*>(target + i);
    _mm_store_si128(words, _mm_unpacklo_epi32(units, tags));
    _mm_store_si128(words + 1, _mm_unpackhi_epi32(units, tags));
  }
#endif
  for (; i < count; ++i) __atomic_store_n(target + i, source[i] | upper, __ATOMIC_RELAXED);
}

bool Deinterleave32(uint32_t* target, const uint64_t* source, size_t count, uint32_t tag) {
  size_t i = 0;
  uint32_t different = 0;
#if defined(__x86_64__)
  const __m128i tags = _mm_set1_epi32(static_cast<int>(tag));
  __m128i differences = _mm_setzero_si128();
  for (; count - i >= 4; i += 4) {
    const auto* words = reinterpret_cast<const __m128i*>(source + i);
    const __m128 low = _mm_castsi128_ps(_mm_loadu_si128(words));
    const __m128 high = _mm_castsi128_ps(_mm_loadu_si128(words + 1));
    const __m128i units = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i found = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
    differences = _mm_or_si128(differences, _mm_xor_si128(found, tags));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i), units);
  }
  const __m128i none = _mm_cmpeq_epi32(differences, _mm_setzero_si128());
  different = _mm_movemask_epi8(none) == 0xffff ? 0 : 1;
#endif
  for (; i < count; ++i) {
    const uint64_t word = __atomic_load_n(source + i, __ATOMIC_RELAXED);
    target[i] = static_cast<uint32_t>(word);
    different |= static_cast<uint32_t>(word >> 32) ^ tag;
  }
  return different == 0;
}

}  // namespace untorn

// The `words` layout: payload and version tag share every aligned 64-bit word, so that a reader
// whose granule is 8 bytes can tell of each word which version it belongs to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace untorn {

// target[i] := source[i] | tag << 32, each in one store. Target 8-byte aligned, source 4-byte.
void Interleave32(uint64_t* target, const uint32_t* source, size_t count, uint32_t tag);

// Writes the low halves of source to target; true iff every upper half equals `tag`.
bool Deinterleave32(uint32_t* target, const uint64_t* source, size_t count, uint32_t tag);

}  // namespace untorn

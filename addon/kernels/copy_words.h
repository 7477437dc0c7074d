// Copies between private memory and memory that other processes use at the same time.
//
// Guarantee: every aligned 8-byte word of the shared side is loaded or stored whole, exactly once;
// in which order words are touched is not promised. On x86-64 the unit is a vector of 16 to 64
// bytes: no manual promises more than 8 of them at once, and the processors give that in practice.
// libc's memcpy gives no unit at all (`rep movsb` may go byte by byte), hence this file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace untorn {

// From memory that others write, to private memory. Words of `from` are whole.
void CopyFromShared(uint8_t* to, const uint8_t* from, size_t length_bytes);

// From private memory, to memory that others read or write. Words of `to` are whole.
void CopyToShared(uint8_t* to, const uint8_t* from, size_t length_bytes);

}  // namespace untorn

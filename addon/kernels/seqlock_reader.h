// Bench baseline: the reader that a C++ programmer would write for a seqlock in mapped memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace untorn {

class SeqlockReader {
 public:
  // `version` is 8-byte aligned; even = stable. Both point into memory that others write.
  SeqlockReader(const uint64_t* version, const uint8_t* payload, size_t payload_bytes);

  // One consistent read into the private buffer. False when `attempts_max` attempts were torn.
  bool Read(uint32_t attempts_max);

 private:
  const uint64_t* version_;
  const uint8_t* payload_;
  std::vector<uint8_t> copy_;
};

}  // namespace untorn

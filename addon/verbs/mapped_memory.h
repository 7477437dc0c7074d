// Page-aligned anonymous memory, zeroed, unmapped by whoever holds it last.
#pragma once

#include <memory>

#include "../core/provider.h"

namespace untorn {

class MappedMemory final : public Memory {
 public:
  // Null, and *failure set, when the kernel has no such memory.
  static std::shared_ptr<MappedMemory> Allocate(size_t bytes, bool huge_pages, Failure* failure);
  MappedMemory(uint8_t* data, size_t bytes, size_t mapped_bytes)
      : data_(data), bytes_(bytes), mapped_bytes_(mapped_bytes) {}
  ~MappedMemory() override;
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;

  uint8_t* data() const override { return data_; }
  size_t size() const override { return bytes_; }
  // `size` rounded up to whole pages.
  size_t mapped_bytes() const { return mapped_bytes_; }

 private:
  uint8_t* data_;
  size_t bytes_;
  size_t mapped_bytes_;
};

}  // namespace untorn

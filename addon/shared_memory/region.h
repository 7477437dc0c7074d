// Regions on shared memory: the owner's registration, and the same memory mapped by a peer.
//
//   page 0                                         pages 1 …
//   header: magic, version, access, length, state  data, page aligned
//
// Only the owner writes the header of a region that grants no remote writes: peers map it
// read-only. The last store of a registration is `state = closed`; a peer that looks later refuses.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "shared_file.h"

namespace untorn {

struct RegionHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t access;
  uint64_t length_bytes;
  std::atomic<uint32_t> state;
};
static_assert(sizeof(RegionHeader) <= kHeaderBytes);
static_assert(std::atomic<uint32_t>::is_always_lock_free);

enum RegionState : uint32_t { kRegionOpen = 1, kRegionClosed = 2 };

class SharedMemory final : public Memory {
 public:
  SharedMemory(Mapping mapping, size_t size) : mapping_(std::move(mapping)), size_(size) {}
  uint8_t* data() const override { return mapping_.base() + kHeaderBytes; }
  size_t size() const override { return size_; }
  RegionHeader* header() const { return reinterpret_cast<RegionHeader*>(mapping_.base()); }

 private:
  Mapping mapping_;
  size_t size_;
};

class SharedRegistration final : public Registration {
 public:
  static std::unique_ptr<SharedRegistration> Create(size_t bytes, uint32_t access, bool huge_pages,
                                                    Failure* failure);
  ~SharedRegistration() override;

  const std::shared_ptr<Memory>& memory() const override { return memory_; }
  const RegionDescriptor& descriptor() const override { return region_descriptor_; }
  // Without a virtual call, for the data path.
  uint8_t* bytes() const { return bytes_; }

 private:
  SharedRegistration() = default;

  std::shared_ptr<Memory> memory_;
  uint8_t* bytes_ = nullptr;
  RegionHeader* header_ = nullptr;
  Descriptor descriptor_;
  RegionDescriptor region_descriptor_;
};

class SharedRemoteRegion final : public RemoteRegion {
 public:
  static std::unique_ptr<SharedRemoteRegion> Import(const RegionDescriptor& descriptor,
                                                    Failure* failure);

  uint64_t length_bytes() const override { return length_bytes_; }
  uint32_t access() const override { return access_; }
  // Read-only memory unless access() has a right to write.
  uint8_t* bytes() const { return mapping_.base() + kHeaderBytes; }
  bool open() const {
    // Acquire: what the owner stored before it closed is not needed, what it tore down after is
    // not touched; the data itself stays mapped whatever happens.
    return header()->state.load(std::memory_order_acquire) == kRegionOpen;
  }

 private:
  SharedRemoteRegion() = default;
  const RegionHeader* header() const {
    return reinterpret_cast<const RegionHeader*>(mapping_.base());
  }

  Mapping mapping_;
  uint64_t length_bytes_ = 0;
  uint32_t access_ = 0;
};

}  // namespace untorn

// Regions on shared memory: the owner's registration and its windows, and the same memory mapped by
// a peer.
//
//   page 0                                                  pages 1 …
//   header: magic, version, access, length, number          data, page aligned
//           windows: { number, offset, length, access } × N
//
// The region as a whole is number 1, each window has one of its own that is never used again: a
// number of 0 says closed. A peer keeps looking at the word where it found the number; it is not
// believed about rights and bounds, which are those that the owner recorded here. The owner itself
// believes nothing in this page: peers who may write anywhere in the region map it writable.
#pragma once

#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>

#include "shared_file.h"

namespace untorn {

inline constexpr uint64_t kRegionNumber = 1;
// What the header page has room for.
inline constexpr size_t kWindowsMax = 120;

struct WindowRecord {
  std::atomic<uint64_t> number;
  std::atomic<uint64_t> offset;
  std::atomic<uint64_t> length_bytes;
  std::atomic<uint64_t> access;
};

struct RegionHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t access;
  uint64_t length_bytes;
  std::atomic<uint64_t> number;
  alignas(64) WindowRecord windows[kWindowsMax];
};
static_assert(sizeof(RegionHeader) <= kHeaderBytes);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

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
  friend class SharedWindow;
  SharedRegistration() = default;

  std::shared_ptr<Memory> memory_;
  uint8_t* bytes_ = nullptr;
  RegionHeader* header_ = nullptr;
  Descriptor descriptor_;
  RegionDescriptor region_descriptor_;
  // Which records of the header are taken; the header's own words may be anything.
  std::bitset<kWindowsMax> windows_;
  uint64_t last_number_ = kRegionNumber;
};

class SharedWindow final : public Window {
 public:
  static std::unique_ptr<SharedWindow> Create(SharedRegistration* registration, uint64_t offset,
                                              uint64_t bytes, uint32_t access, Failure* failure);
  ~SharedWindow() override;
  const RegionDescriptor& descriptor() const override { return descriptor_; }

 private:
  SharedWindow(SharedRegistration* registration, size_t index)
      : registration_(registration), index_(index) {}

  // Outlives its windows.
  SharedRegistration* registration_;
  size_t index_;
  RegionDescriptor descriptor_;
};

class SharedRemoteRegion final : public RemoteRegion {
 public:
  static std::unique_ptr<SharedRemoteRegion> Import(const RegionDescriptor& descriptor,
                                                    Failure* failure);

  uint64_t length_bytes() const override { return length_bytes_; }
  uint32_t access() const override { return access_; }
  // Read-only memory unless access() has a right to write.
  uint8_t* bytes() const { return bytes_; }
  bool open() const {
    // Acquire: what the owner stored before it closed is not needed, what it tore down after is
    // not touched; the data itself stays mapped whatever happens.
    return number_there_->load(std::memory_order_acquire) == number_;
  }

 private:
  SharedRemoteRegion() = default;
  const RegionHeader* header() const {
    return reinterpret_cast<const RegionHeader*>(mapping_.base());
  }
  // Both take what the header says; false when it is not what the descriptor describes.
  bool TakeRegion(const RegionDescriptor& descriptor);
  bool TakeWindow(const RegionDescriptor& descriptor);

  Mapping mapping_;
  uint8_t* bytes_ = nullptr;
  const std::atomic<uint64_t>* number_there_ = nullptr;
  uint64_t number_ = 0;
  uint64_t length_bytes_ = 0;
  uint32_t access_ = 0;
};

}  // namespace untorn

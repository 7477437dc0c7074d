// Memory that two processes share without a name: a memfd of its owner, which a peer of the same
// user opens through /proc/<pid>/fd/<n>. Sealed in size before anybody can map it, so that no peer
// can make another fault; gone with its last descriptor and mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../core/provider.h"

namespace untorn {

// The first page of every shared file describes it; what it holds starts behind.
inline constexpr size_t kHeaderBytes = 4096;

// Closes on destruction.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  int Release();

 private:
  int fd_ = -1;
};

// Unmaps on destruction.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* base, size_t bytes) : base_(static_cast<uint8_t*>(base)), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  uint8_t* base() const { return base_; }
  size_t bytes() const { return bytes_; }

 private:
  uint8_t* base_ = nullptr;
  size_t bytes_ = 0;
};

struct SharedFile {
  Descriptor descriptor;
  Mapping mapping;
  // "device:inode" of the memfd: tells a recycled process or descriptor number.
  std::string inode;
};

// `total_bytes` includes the header; zeroed. Rounded up to huge pages when asked for.
Failure CreateSharedFile(const char* name, size_t total_bytes, bool huge_pages, SharedFile* file);

// Opens and maps what `pid` has open as `fd`, if it is a memfd of that inode, sealed, and at least
// the header long. Closes its own descriptor again: the mapping is enough.
Failure OpenSharedFile(int64_t pid, int32_t fd, const std::string& inode, bool writable,
                       Mapping* mapping);

// Opens what `pid` has open as `fd`, for writing without blocking, if it is a pipe of that inode.
Failure OpenPeerPipe(int64_t pid, int32_t fd, uint64_t inode, Descriptor* pipe);

Failure SystemFailure(const char* syscall, int error_number, const std::string& doing);

}  // namespace untorn

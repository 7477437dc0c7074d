#include "region.h"

#include <unistd.h>

#include <new>
#include <utility>

namespace untorn {
namespace {

// "untornRG", little endian.
constexpr uint64_t kRegionMagic = 0x4752'6e72'6f74'6e75;
constexpr uint32_t kRegionVersion = 1;
constexpr uint32_t kRemoteRights = kRemoteRead | kRemoteWrite | kRemoteAtomic;

}  // namespace

std::unique_ptr<SharedRegistration> SharedRegistration::Create(size_t bytes, uint32_t access,
                                                               bool huge_pages, Failure* failure) {
  SharedFile file;
  *failure = CreateSharedFile("untorn-region", kHeaderBytes + bytes, huge_pages, &file);
  if (*failure) return nullptr;
  auto* header = new (file.mapping.base()) RegionHeader{};
  header->magic = kRegionMagic;
  header->version = kRegionVersion;
  header->access = access & kRemoteRights;
  header->length_bytes = bytes;
  header->state.store(kRegionOpen, std::memory_order_release);

  std::unique_ptr<SharedRegistration> registration(new SharedRegistration());
  registration->header_ = header;
  registration->region_descriptor_.length_bytes = bytes;
  registration->region_descriptor_.access = access & kRemoteRights;
  registration->region_descriptor_.pid = getpid();
  registration->region_descriptor_.fd = file.descriptor.get();
  registration->region_descriptor_.inode = file.inode;
  registration->descriptor_ = std::move(file.descriptor);
  registration->memory_ = std::make_shared<SharedMemory>(std::move(file.mapping), bytes);
  registration->bytes_ = registration->memory_->data();
  return registration;
}

SharedRegistration::~SharedRegistration() {
  // The mapping is still there: memory_ is destroyed after this.
  if (header_ != nullptr) header_->state.store(kRegionClosed, std::memory_order_release);
}

std::unique_ptr<SharedRemoteRegion> SharedRemoteRegion::Import(const RegionDescriptor& descriptor,
                                                               Failure* failure) {
  const bool writable = (descriptor.access & (kRemoteWrite | kRemoteAtomic)) != 0;
  std::unique_ptr<SharedRemoteRegion> region(new SharedRemoteRegion());
  *failure =
      OpenSharedFile(descriptor.pid, descriptor.fd, descriptor.inode, writable, &region->mapping_);
  if (*failure) return nullptr;
  // Read once: whoever shares the memory may change it at any time.
  const RegionHeader* header = region->header();
  const uint64_t length = *static_cast<const volatile uint64_t*>(&header->length_bytes);
  const uint32_t access = *static_cast<const volatile uint32_t*>(&header->access);
  const bool fits = header->magic == kRegionMagic && header->version == kRegionVersion &&
                    length == descriptor.length_bytes &&
                    length <= region->mapping_.bytes() - kHeaderBytes;
  if (!fits || !region->open()) {
    *failure = {"ERR_UNTORN_PEER_LOST",
                "the memory of process " + std::to_string(descriptor.pid) +
                    " is not the region described, or its owner closed it",
                0, ""};
    return nullptr;
  }
  region->length_bytes_ = length;
  region->access_ = access & descriptor.access;
  return region;
}

}  // namespace untorn

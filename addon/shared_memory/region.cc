#include "region.h"

#include <unistd.h>

#include <new>
#include <utility>

namespace untorn {
namespace {

// "untornRG", little endian.
constexpr uint64_t kRegionMagic = 0x4752'6e72'6f74'6e75;
constexpr uint32_t kRegionVersion = 2;
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
  header->number.store(kRegionNumber, std::memory_order_release);

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
  if (header_ != nullptr) header_->number.store(0, std::memory_order_release);
}

std::unique_ptr<SharedWindow> SharedWindow::Create(SharedRegistration* registration,
                                                   uint64_t offset, uint64_t bytes, uint32_t access,
                                                   Failure* failure) {
  size_t index = 0;
  while (index < kWindowsMax && registration->windows_[index]) ++index;
  if (index == kWindowsMax) {
    *failure = {"ERR_UNTORN_SYSTEM",
                "the region has " + std::to_string(kWindowsMax) + " windows already; close some", 0,
                ""};
    return nullptr;
  }
  std::unique_ptr<SharedWindow> window(new SharedWindow(registration, index));
  registration->windows_.set(index);
  const uint64_t number = ++registration->last_number_;
  window->descriptor_ = registration->region_descriptor_;
  window->descriptor_.length_bytes = bytes;
  window->descriptor_.access = access;
  window->descriptor_.window = number;
  window->descriptor_.address = offset;
  WindowRecord& record = registration->header_->windows[index];
  // The number was 0 before the fields change: pairs with the fence of TakeWindow.
  std::atomic_thread_fence(std::memory_order_release);
  record.offset.store(offset, std::memory_order_relaxed);
  record.length_bytes.store(bytes, std::memory_order_relaxed);
  record.access.store(access, std::memory_order_relaxed);
  record.number.store(number, std::memory_order_release);
  return window;
}

SharedWindow::~SharedWindow() {
  registration_->header_->windows[index_].number.store(0, std::memory_order_release);
  registration_->windows_.reset(index_);
}

std::unique_ptr<SharedRemoteRegion> SharedRemoteRegion::Import(const RegionDescriptor& descriptor,
                                                               Failure* failure) {
  const bool writable = (descriptor.access & (kRemoteWrite | kRemoteAtomic)) != 0;
  std::unique_ptr<SharedRemoteRegion> region(new SharedRemoteRegion());
  *failure =
      OpenSharedFile(descriptor.pid, descriptor.fd, descriptor.inode, writable, &region->mapping_);
  if (*failure) return nullptr;
  const RegionHeader* header = region->header();
  const bool ours = header->magic == kRegionMagic && header->version == kRegionVersion;
  const bool fits = ours && (descriptor.window == 0 ? region->TakeRegion(descriptor)
                                                    : region->TakeWindow(descriptor));
  if (!fits || !region->open()) {
    *failure = {"ERR_UNTORN_PEER_LOST",
                "the memory of process " + std::to_string(descriptor.pid) +
                    " is not the region described, or its owner closed it",
                0, ""};
    return nullptr;
  }
  if ((descriptor.access & ~region->access_) != 0) {
    *failure = {"ERR_UNTORN_ACCESS_DENIED",
                "the descriptor claims more rights than its owner grants", 0, ""};
    return nullptr;
  }
  region->access_ = descriptor.access;
  return region;
}

bool SharedRemoteRegion::TakeRegion(const RegionDescriptor& descriptor) {
  // Read once: whoever shares the memory may change it at any time.
  length_bytes_ = *static_cast<const volatile uint64_t*>(&header()->length_bytes);
  access_ = *static_cast<const volatile uint32_t*>(&header()->access);
  bytes_ = mapping_.base() + kHeaderBytes;
  number_there_ = &header()->number;
  number_ = kRegionNumber;
  return length_bytes_ == descriptor.length_bytes &&
         length_bytes_ <= mapping_.bytes() - kHeaderBytes;
}

bool SharedRemoteRegion::TakeWindow(const RegionDescriptor& descriptor) {
  const size_t size = mapping_.bytes() - kHeaderBytes;
  for (const WindowRecord& record : header()->windows) {
    if (record.number.load(std::memory_order_acquire) != descriptor.window) continue;
    const uint64_t offset = record.offset.load(std::memory_order_relaxed);
    length_bytes_ = record.length_bytes.load(std::memory_order_relaxed);
    access_ = static_cast<uint32_t>(record.access.load(std::memory_order_relaxed)) & kRemoteRights;
    // The number is looked at once more after this, by open(): then the fields were its own.
    std::atomic_thread_fence(std::memory_order_acquire);
    bytes_ = mapping_.base() + kHeaderBytes + offset;
    number_there_ = &record.number;
    number_ = descriptor.window;
    return offset == descriptor.address && length_bytes_ == descriptor.length_bytes &&
           offset <= size && length_bytes_ <= size - offset;
  }
  return false;
}

}  // namespace untorn

// Registers memory with the device. Rights are the least that were asked for; relaxed ordering is
// never requested, because the protocols above argue from the order of a message's bytes.
#include "registration.h"

#include <cerrno>
#include <limits>
#include <utility>

#include "failures.h"
#include "mapped_memory.h"

namespace untorn {
namespace {

int VerbsAccess(uint32_t access) {
  int rights = 0;
  if (access & kRemoteRead) rights |= IBV_ACCESS_REMOTE_READ;
  if (access & kRemoteWrite) rights |= IBV_ACCESS_REMOTE_WRITE;
  if (access & kRemoteAtomic) rights |= IBV_ACCESS_REMOTE_ATOMIC;
  // Verbs demands local write wherever a peer may change the memory.
  if (access & (kLocalWrite | kRemoteWrite | kRemoteAtomic)) rights |= IBV_ACCESS_LOCAL_WRITE;
  return rights;
}

}  // namespace

VerbsRegistration::VerbsRegistration(std::shared_ptr<VerbsContext> context,
                                     std::shared_ptr<Memory> memory, MemoryRegionHandle region,
                                     uint32_t access)
    : context_(std::move(context)), memory_(std::move(memory)), region_(std::move(region)) {
  address_ = reinterpret_cast<uint64_t>(memory_->data());
  local_key_ = region_->lkey;
  descriptor_.length_bytes = memory_->size();
  descriptor_.access = access & ~static_cast<uint32_t>(kLocalWrite);
  descriptor_.remote_key = region_->rkey;
  descriptor_.address = address_;
}

std::unique_ptr<Registration> RegisterMemory(const std::shared_ptr<VerbsContext>& context,
                                             size_t bytes, uint32_t access, bool huge_pages,
                                             Failure* failure) {
  std::shared_ptr<MappedMemory> memory = MappedMemory::Allocate(bytes, huge_pages, failure);
  if (!memory) return nullptr;
  // A huge page is registered whole: on kernels where libibverbs guards against fork itself, it
  // advises the registered range, and half a huge page cannot be advised. What a peer gains is
  // the rest of this region's own, zeroed last page.
  const size_t registered_bytes = huge_pages ? memory->mapped_bytes() : bytes;
  MemoryRegionHandle region(ibv_reg_mr(context->protection_domain.get(), memory->data(),
                                       registered_bytes, VerbsAccess(access)));
  if (!region) {
    *failure = PinningFailure("ibv_reg_mr", errno,
                              "registering " + std::to_string(registered_bytes) + " bytes",
                              registered_bytes);
    return nullptr;
  }
  return std::make_unique<VerbsRegistration>(context, std::move(memory), std::move(region), access);
}

std::unique_ptr<Window> RegisterWindow(const std::shared_ptr<VerbsContext>& context,
                                       const std::shared_ptr<Memory>& memory, uint64_t offset,
                                       uint64_t bytes, uint32_t access, Failure* failure) {
  uint8_t* start = memory->data() + offset;
  MemoryRegionHandle region(
      ibv_reg_mr(context->protection_domain.get(), start, bytes, VerbsAccess(access)));
  if (!region) {
    *failure = PinningFailure("ibv_reg_mr", errno,
                              "registering a window of " + std::to_string(bytes) + " bytes", bytes);
    return nullptr;
  }
  RegionDescriptor descriptor;
  descriptor.length_bytes = bytes;
  descriptor.access = access;
  descriptor.remote_key = region->rkey;
  descriptor.address = reinterpret_cast<uint64_t>(start);
  return std::make_unique<VerbsWindow>(context, memory, std::move(region), descriptor);
}

std::unique_ptr<RemoteRegion> ImportRegion(const RegionDescriptor& descriptor, Failure* failure) {
  const bool wraps =
      descriptor.length_bytes > std::numeric_limits<uint64_t>::max() - descriptor.address;
  if (descriptor.length_bytes == 0 || descriptor.address == 0 || wraps) {
    *failure = {"ERR_UNTORN_ARGUMENT",
                "region descriptor: address " + std::to_string(descriptor.address) + " and " +
                    std::to_string(descriptor.length_bytes) + " bytes are no range of memory",
                0, ""};
    return nullptr;
  }
  return std::make_unique<VerbsRemoteRegion>(descriptor);
}

}  // namespace untorn

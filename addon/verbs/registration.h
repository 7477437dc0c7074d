// Registered memory of the verbs provider, own and peers'. A registration never outlives its
// protection domain, and its memory never goes before the registration: the NIC may write until
// the deregistration has returned.
#pragma once

#include <memory>

#include "../core/provider.h"
#include "verbs_handles.h"

namespace untorn {

class VerbsRegistration final : public Registration {
 public:
  VerbsRegistration(std::shared_ptr<VerbsContext> context, std::shared_ptr<Memory> memory,
                    MemoryRegionHandle region, uint32_t access);
  const std::shared_ptr<Memory>& memory() const override { return memory_; }
  const RegionDescriptor& descriptor() const override { return descriptor_; }

  // Data path: plain fields, no virtual call.
  uint64_t address() const { return address_; }
  uint32_t local_key() const { return local_key_; }

 private:
  // Destroyed last to first: the registration goes, then the memory, then perhaps the context.
  std::shared_ptr<VerbsContext> context_;
  std::shared_ptr<Memory> memory_;
  MemoryRegionHandle region_;
  RegionDescriptor descriptor_;
  uint64_t address_;
  uint32_t local_key_;
};

// A second registration of a part of the same memory. Overlapping registrations are independent of
// each other: each key has the rights it was registered with, and its own bounds.
class VerbsWindow final : public Window {
 public:
  VerbsWindow(std::shared_ptr<VerbsContext> context, std::shared_ptr<Memory> memory,
              MemoryRegionHandle region, const RegionDescriptor& descriptor)
      : context_(std::move(context)),
        memory_(std::move(memory)),
        region_(std::move(region)),
        descriptor_(descriptor) {}
  const RegionDescriptor& descriptor() const override { return descriptor_; }

 private:
  // Destroyed last to first, as a registration's.
  std::shared_ptr<VerbsContext> context_;
  std::shared_ptr<Memory> memory_;
  MemoryRegionHandle region_;
  RegionDescriptor descriptor_;
};

class VerbsRemoteRegion final : public RemoteRegion {
 public:
  explicit VerbsRemoteRegion(const RegionDescriptor& descriptor)
      : address_(descriptor.address),
        length_bytes_(descriptor.length_bytes),
        remote_key_(descriptor.remote_key),
        access_(descriptor.access) {}
  uint64_t length_bytes() const override { return length_bytes_; }
  uint32_t access() const override { return access_; }

  uint64_t address() const { return address_; }
  uint32_t remote_key() const { return remote_key_; }

 private:
  uint64_t address_;
  uint64_t length_bytes_;
  uint32_t remote_key_;
  uint32_t access_;
};

// Allocates zeroed memory and registers it with the least rights that `access` asks for.
std::unique_ptr<Registration> RegisterMemory(const std::shared_ptr<VerbsContext>& context,
                                             size_t bytes, uint32_t access, bool huge_pages,
                                             Failure* failure);

std::unique_ptr<Window> RegisterWindow(const std::shared_ptr<VerbsContext>& context,
                                       const std::shared_ptr<Memory>& memory, uint64_t offset,
                                       uint64_t bytes, uint32_t access, Failure* failure);

std::unique_ptr<RemoteRegion> ImportRegion(const RegionDescriptor& descriptor, Failure* failure);

}  // namespace untorn

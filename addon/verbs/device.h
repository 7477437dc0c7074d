// An opened RDMA device: one context and one protection domain, shared with all made from it.
#pragma once

#include <memory>

#include "../core/provider.h"
#include "verbs_handles.h"

namespace untorn {

class VerbsDevice final : public ProviderDevice {
 public:
  // Null, and *failure set, when the device cannot be opened or queried.
  static std::unique_ptr<VerbsDevice> Open(ibv_device* device, Failure* failure);

  const DeviceInfo& info() const override { return info_; }
  std::unique_ptr<Registration> Register(size_t bytes, uint32_t access, bool huge_pages,
                                         Failure* failure) override;
  std::unique_ptr<Window> OpenWindow(Registration* registration, uint64_t offset, uint64_t bytes,
                                     uint32_t access, Failure* failure) override;
  std::unique_ptr<RemoteRegion> Import(const RegionDescriptor& descriptor,
                                       Failure* failure) override;
  std::unique_ptr<ProviderQueuePair> CreateQueuePair(const QueuePairOptions& options,
                                                     Failure* failure) override;

 private:
  VerbsDevice(std::shared_ptr<VerbsContext> context, DeviceInfo info);
  // Whether the device can grant these rights.
  Failure CheckGrant(uint32_t access) const;

  std::shared_ptr<VerbsContext> context_;
  DeviceInfo info_;
};

}  // namespace untorn

#include "device.h"

#include <unistd.h>

#include <utility>

#include "../core/handle_table.h"
#include "queue_pair.h"
#include "region.h"

namespace untorn {
namespace {

constexpr char kDeviceName[] = "shm";

DeviceInfo Describe() {
  DeviceInfo info;
  info.provider = "shared-memory";
  info.name = kDeviceName;
  info.driver = "memfd";
  Limits& limits = info.limits;
  // Descriptors run out first: three for each queue pair, one for each region.
  const auto descriptors = static_cast<double>(sysconf(_SC_OPEN_MAX));
  limits.queue_pairs_max = descriptors / 3;
  limits.queue_depth_max = kInboxDepthMax;
  limits.regions_max = descriptors < kHandlesMax ? descriptors : kHandlesMax;
  limits.region_bytes_max =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  limits.scatter_entries_max = 1;
  // Operations execute one after the other: only the queue bounds them.
  limits.read_depth_max = kInboxDepthMax;
  limits.inline_bytes_max = 0;
  limits.send_bytes_max = kSlotPayloadBytes;
  limits.atomics = "global";
  limits.data_in_order = 0;
  limits.queue_pairs_max = static_cast<double>(static_cast<uint64_t>(limits.queue_pairs_max));
  return info;
}

class SharedMemoryDevice final : public ProviderDevice {
 public:
  SharedMemoryDevice() : info_(Describe()) {}
  const DeviceInfo& info() const override { return info_; }

  std::unique_ptr<Registration> Register(size_t bytes, uint32_t access, bool huge_pages,
                                         Failure* failure) override {
    return SharedRegistration::Create(bytes, access, huge_pages, failure);
  }
  std::unique_ptr<Window> OpenWindow(Registration* registration, uint64_t offset, uint64_t bytes,
                                     uint32_t access, Failure* failure) override {
    return SharedWindow::Create(static_cast<SharedRegistration*>(registration), offset, bytes,
                                access, failure);
  }
  std::unique_ptr<RemoteRegion> Import(const RegionDescriptor& descriptor,
                                       Failure* failure) override {
    return SharedRemoteRegion::Import(descriptor, failure);
  }
  std::unique_ptr<ProviderQueuePair> CreateQueuePair(const QueuePairOptions& options,
                                                     Failure* failure) override {
    return SharedQueuePair::Create(options, failure);
  }

 private:
  DeviceInfo info_;
};

class SharedMemoryProvider final : public Provider {
 public:
  std::vector<DeviceInfo> List(Failure*) override { return {Describe()}; }

  std::unique_ptr<ProviderDevice> Open(const std::string& name, Failure* failure) override {
    if (name != kDeviceName) {
      *failure = {"ERR_UNTORN_NO_DEVICE",
                  "shared memory has one device, \"shm\", and none named \"" + name + "\"", 0, ""};
      return nullptr;
    }
    return std::make_unique<SharedMemoryDevice>();
  }
};

}  // namespace

std::unique_ptr<Provider> CreateSharedMemoryProvider() {
  return std::make_unique<SharedMemoryProvider>();
}

}  // namespace untorn

// Lists and opens RDMA devices, and exports the one symbol by which the core gets a provider.
// It owns nothing but what libibverbs owns; a device lives on after the provider is gone.
#include "../core/provider.h"

#include <infiniband/verbs.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "device.h"
#include "failures.h"
#include "kernel_devices.h"

namespace untorn {
namespace {

using DeviceList = std::unique_ptr<ibv_device*[], VerbsDelete<&ibv_free_device_list>>;

// Null without a failure where the kernel has no RDMA support at all: a list of nothing.
DeviceList QueryDevices(int* count, Failure* failure) {
  *count = 0;
  DeviceList list(ibv_get_device_list(count));
  if (!list && errno != ENOSYS && errno != ENOENT) {
    *failure = SystemFailure("ibv_get_device_list", errno, "listing RDMA devices");
  }
  return list;
}

// What can be said of a device without opening it.
DeviceInfo DescribeUnopened(const std::string& name) {
  DeviceInfo info{};
  info.provider = "verbs";
  info.name = name;
  info.driver = KernelDriver(name, 0);
  info.firmware = KernelFirmware(name);
  info.limits.atomics = "none";
  return info;
}

class VerbsProvider final : public Provider {
 public:
  VerbsProvider() {
    // Lets libibverbs keep its own queues out of children, as our regions are (mapped_memory.cc).
    // Does nothing on kernels that copy pinned pages at fork, and fails where the process has
    // used verbs before us; then a fork is no worse than it was.
    ibv_fork_init();
  }

  std::vector<DeviceInfo> List(Failure* failure) override;
  std::unique_ptr<ProviderDevice> Open(const std::string& name, Failure* failure) override;
};

// A device that cannot be opened is listed without ports, and opening it says why. Only where
// that is so of every device, the first reason is the listing's failure as well.
std::vector<DeviceInfo> VerbsProvider::List(Failure* failure) {
  std::vector<DeviceInfo> infos;
  int count = 0;
  const DeviceList list = QueryDevices(&count, failure);
  if (*failure) return infos;

  Failure first_failure;
  bool any_opened = false;
  std::vector<std::string> offered;
  for (int i = 0; i < count; ++i) {
    Failure open_failure;
    const std::string name = ibv_get_device_name(list[i]);
    offered.push_back(name);
    if (const auto device = VerbsDevice::Open(list[i], &open_failure)) {
      infos.push_back(device->info());
      any_opened = true;
      continue;
    }
    infos.push_back(DescribeUnopened(name));
    if (!first_failure) first_failure = open_failure;
  }
  for (const std::string& name : KernelDeviceNames()) {
    if (std::find(offered.begin(), offered.end(), name) != offered.end()) continue;
    infos.push_back(DescribeUnopened(name));
    if (!first_failure) first_failure = NotOfferedFailure(name);
  }
  if (!any_opened) *failure = first_failure;
  return infos;
}

std::unique_ptr<ProviderDevice> VerbsProvider::Open(const std::string& name, Failure* failure) {
  int count = 0;
  const DeviceList list = QueryDevices(&count, failure);
  if (*failure) return nullptr;
  std::string others;
  for (int i = 0; i < count; ++i) {
    const std::string candidate = ibv_get_device_name(list[i]);
    if (candidate == name) return VerbsDevice::Open(list[i], failure);
    others += (others.empty() ? "" : ", ") + candidate;
  }
  for (const std::string& candidate : KernelDeviceNames()) {
    if (candidate != name) continue;
    *failure = NotOfferedFailure(name);
    return nullptr;
  }
  *failure = {"ERR_UNTORN_NO_DEVICE",
              "there is no RDMA device '" + name + "'" +
                  (others.empty() ? ", nor any other on this machine" : "; there is " + others),
              0, ""};
  return nullptr;
}

}  // namespace
}  // namespace untorn

extern "C" __attribute__((visibility("default"))) untorn::Provider* untorn_create_verbs_provider() {
  return new untorn::VerbsProvider();
}

// Opens a device and hands its work to registration and queue pair.
#include "device.h"

#include <cerrno>
#include <utility>

#include "device_info.h"
#include "failures.h"
#include "queue_pair.h"
#include "registration.h"

namespace untorn {

VerbsDevice::VerbsDevice(std::shared_ptr<VerbsContext> context, DeviceInfo info)
    : context_(std::move(context)), info_(std::move(info)) {}

std::unique_ptr<VerbsDevice> VerbsDevice::Open(ibv_device* device, Failure* failure) {
  const std::string name = ibv_get_device_name(device);
  auto context = std::make_shared<VerbsContext>();
  errno = 0;
  context->context.reset(ibv_open_device(device));
  if (!context->context) {
    *failure = OpenFailure(name, device->dev_name, errno);
    return nullptr;
  }
  context->protection_domain.reset(ibv_alloc_pd(context->context.get()));
  if (!context->protection_domain) {
    *failure = SystemFailure("ibv_alloc_pd", errno, "opening RDMA device " + name);
    return nullptr;
  }
  DeviceInfo info =
      DescribeDevice(context->context.get(), context->protection_domain.get(), failure);
  if (*failure) return nullptr;
  return std::unique_ptr<VerbsDevice>(new VerbsDevice(std::move(context), std::move(info)));
}

std::unique_ptr<Registration> VerbsDevice::Register(size_t bytes, uint32_t access, bool huge_pages,
                                                    Failure* failure) {
  if ((*failure = CheckGrant(access))) return nullptr;
  return RegisterMemory(context_, bytes, access, huge_pages, failure);
}

std::unique_ptr<Window> VerbsDevice::OpenWindow(Registration* registration, uint64_t offset,
                                                uint64_t bytes, uint32_t access, Failure* failure) {
  if ((*failure = CheckGrant(access))) return nullptr;
  return RegisterWindow(context_, registration->memory(), offset, bytes, access, failure);
}

Failure VerbsDevice::CheckGrant(uint32_t access) const {
  if ((access & kRemoteAtomic) == 0 || info_.limits.atomics != "none") return {};
  return {"ERR_UNTORN_ACCESS_DENIED",
          "RDMA device " + info_.name + " has no atomic operations to grant", 0, ""};
}

std::unique_ptr<RemoteRegion> VerbsDevice::Import(const RegionDescriptor& descriptor,
                                                  Failure* failure) {
  return ImportRegion(descriptor, failure);
}

std::unique_ptr<ProviderQueuePair> VerbsDevice::CreateQueuePair(const QueuePairOptions& options,
                                                                Failure* failure) {
  return VerbsQueuePair::Create(context_, info_, options, failure);
}

}  // namespace untorn

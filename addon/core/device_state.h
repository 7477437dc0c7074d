// One open device without any Node-API: its tables of regions, its queue pairs, its order of
// closing. Invariant: a registration lives as long as an operation in flight may touch it, whoever
// closed or forgot what.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "handle_table.h"
#include "provider.h"

namespace untorn {

class QueuePairState;
class RegionObject;

struct LocalSlot {
  uint32_t handle = 0;
  uint32_t access = 0;
  uint32_t pins = 0;
  // The JavaScript object became garbage with operations in flight: freed with the last pin.
  bool orphaned = false;
  uint64_t length_bytes = 0;
  std::unique_ptr<Registration> registration;
  // Handles of the windows that are open in it.
  std::vector<uint32_t> windows;
  RegionObject* object = nullptr;
};

struct WindowSlot {
  uint32_t handle = 0;
  uint32_t region = 0;
  std::unique_ptr<Window> window;
};

struct RemoteSlot {
  uint32_t handle = 0;
  uint32_t access = 0;
  uint32_t pins = 0;
  uint64_t length_bytes = 0;
  std::unique_ptr<RemoteRegion> region;
};

// A table of handles is full.
Failure TooMany(const char* what);

class DeviceState {
 public:
  DeviceState(std::shared_ptr<Provider> provider, std::unique_ptr<ProviderDevice> device,
              std::shared_ptr<HandleTags> tags);
  ~DeviceState();

  bool closed() const { return device_ == nullptr; }
  // Kept after closing.
  const DeviceInfo& info() const { return info_; }
  // Null once closed.
  ProviderDevice* provider_device() { return device_.get(); }

  HandleTable<LocalSlot>& regions() { return regions_; }
  HandleTable<RemoteSlot>& remotes() { return remotes_; }
  const HandleTable<WindowSlot>& windows() const { return windows_; }
  const std::vector<QueuePairState*>& queue_pairs() const { return queue_pairs_; }
  uint64_t region_bytes() const { return region_bytes_; }

  uint32_t AddRegion(std::unique_ptr<Registration> registration, uint32_t access);
  // False while operations are in flight. True also when it is closed already.
  bool CloseRegion(uint32_t handle);
  // Of an open region.
  uint32_t AddWindow(uint32_t region, std::unique_ptr<Window> window);
  // Nothing when it is closed already, or is of another region.
  void CloseWindow(uint32_t region, uint32_t handle);
  // The owner object is gone: deregister now, or with the last pin.
  void OrphanRegion(uint32_t handle);
  uint32_t AddRemote(std::unique_ptr<RemoteRegion> region);
  bool ReleaseRemote(uint32_t handle);

  void Unpin(uint32_t local_index) {
    LocalSlot& slot = regions_.at(local_index);
    if (--slot.pins == 0 && slot.orphaned) [[unlikely]]
      FreeRegion(local_index);
  }
  void UnpinRemote(uint32_t index) { --remotes_.at(index).pins; }

  void AddQueuePair(QueuePairState* queue_pair) { queue_pairs_.push_back(queue_pair); }
  void RemoveQueuePair(QueuePairState* queue_pair);

  // Queue pairs, regions, device. Idempotent.
  void Close();

 private:
  void FreeRegion(uint32_t index);

  // The tables point into it.
  std::shared_ptr<HandleTags> tags_;
  std::shared_ptr<Provider> provider_;
  std::unique_ptr<ProviderDevice> device_;
  DeviceInfo info_;
  HandleTable<LocalSlot> regions_;
  HandleTable<RemoteSlot> remotes_;
  HandleTable<WindowSlot> windows_;
  std::vector<QueuePairState*> queue_pairs_;
  uint64_t region_bytes_ = 0;
};

}  // namespace untorn

#include "device_state.h"

#include <algorithm>
#include <utility>

#include "queue_pair_state.h"

namespace untorn {

Failure TooMany(const char* what) {
  return {"ERR_UNTORN_SYSTEM",
          std::string("the device has ") + std::to_string(kHandlesMax) + " " + what +
              " already; close some",
          0, ""};
}

DeviceState::DeviceState(std::shared_ptr<Provider> provider, std::unique_ptr<ProviderDevice> device,
                         std::shared_ptr<HandleTags> tags)
    : tags_(std::move(tags)),
      provider_(std::move(provider)),
      device_(std::move(device)),
      info_(device_->info()),
      regions_(tags_.get()),
      remotes_(tags_.get()),
      windows_(tags_.get()) {}

DeviceState::~DeviceState() { Close(); }

uint32_t DeviceState::AddRegion(std::unique_ptr<Registration> registration, uint32_t access) {
  LocalSlot slot;
  slot.access = access;
  slot.length_bytes = registration->memory()->size();
  region_bytes_ += slot.length_bytes;
  slot.registration = std::move(registration);
  return regions_.Insert(std::move(slot));
}

void DeviceState::FreeRegion(uint32_t index) {
  LocalSlot& slot = regions_.at(index);
  for (const uint32_t window : slot.windows) {
    windows_.Remove(HandleTable<WindowSlot>::IndexOf(window));
  }
  region_bytes_ -= slot.length_bytes;
  regions_.Remove(index);
}

bool DeviceState::CloseRegion(uint32_t handle) {
  LocalSlot* slot = regions_.Find(handle);
  if (slot == nullptr) return true;
  if (slot->pins != 0) return false;
  FreeRegion(HandleTable<LocalSlot>::IndexOf(handle));
  return true;
}

uint32_t DeviceState::AddWindow(uint32_t region, std::unique_ptr<Window> window) {
  WindowSlot slot;
  slot.region = region;
  slot.window = std::move(window);
  const uint32_t handle = windows_.Insert(std::move(slot));
  regions_.Find(region)->windows.push_back(handle);
  return handle;
}

void DeviceState::CloseWindow(uint32_t region, uint32_t handle) {
  const WindowSlot* window = windows_.Find(handle);
  if (window == nullptr || window->region != region) return;
  std::erase(regions_.Find(region)->windows, handle);
  windows_.Remove(HandleTable<WindowSlot>::IndexOf(handle));
}

void DeviceState::OrphanRegion(uint32_t handle) {
  LocalSlot* slot = regions_.Find(handle);
  if (slot == nullptr) return;
  slot->object = nullptr;
  slot->orphaned = true;
  if (slot->pins == 0) FreeRegion(HandleTable<LocalSlot>::IndexOf(handle));
}

uint32_t DeviceState::AddRemote(std::unique_ptr<RemoteRegion> region) {
  RemoteSlot slot;
  slot.access = region->access();
  slot.length_bytes = region->length_bytes();
  slot.region = std::move(region);
  return remotes_.Insert(std::move(slot));
}

bool DeviceState::ReleaseRemote(uint32_t handle) {
  RemoteSlot* slot = remotes_.Find(handle);
  if (slot == nullptr) return true;
  if (slot->pins != 0) return false;
  remotes_.Remove(HandleTable<RemoteSlot>::IndexOf(handle));
  return true;
}

void DeviceState::RemoveQueuePair(QueuePairState* queue_pair) {
  std::erase(queue_pairs_, queue_pair);
}

void DeviceState::Close() {
  if (closed()) return;
  // Each close takes its queue pair off the list, and the last pins with it.
  while (!queue_pairs_.empty()) queue_pairs_.back()->Close();
  regions_.ForEach([this](uint32_t index, LocalSlot&) { FreeRegion(index); });
  remotes_.ForEach([this](uint32_t index, RemoteSlot&) { remotes_.Remove(index); });
  device_.reset();
  provider_.reset();
}

}  // namespace untorn

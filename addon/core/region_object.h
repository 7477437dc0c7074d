// The JavaScript object of a registered region. When it becomes garbage without close(), the
// memory is deregistered as soon as nothing in flight uses it; fabric warns about that.
#pragma once

#include <napi.h>

#include <memory>

#include "device_state.h"
#include "wrap.h"

namespace untorn {

class RegionObject {
 public:
  static constexpr WrappedType kType = WrappedType::kRegion;
  static constexpr char kName[] = "MemoryRegion";

  static void Define(Environment* environment);
  static Napi::Object Create(Napi::Env env, std::shared_ptr<DeviceState> device,
                             std::unique_ptr<Registration> registration, uint32_t access);
  ~RegionObject();

  // Every view of the memory loses it. A buffer that was transferred elsewhere keeps the memory
  // alive, but no longer registered.
  void Detach();

 private:
  RegionObject(napi_env env, std::shared_ptr<DeviceState> device)
      : env_(env), device_(std::move(device)) {}
  Napi::Value Pins(const Napi::CallbackInfo& info);
  Napi::Value OpenWindow(const Napi::CallbackInfo& info);
  Napi::Value CloseWindow(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  napi_env env_;
  std::shared_ptr<DeviceState> device_;
  uint32_t handle_ = 0;
  // Weak: the object itself holds its buffer, as a property.
  napi_ref buffer_ = nullptr;
};

}  // namespace untorn

// The JavaScript object of an open device.
#pragma once

#include <napi.h>

#include <memory>

#include "device_state.h"
#include "wrap.h"

namespace untorn {

class DeviceObject {
 public:
  static constexpr WrappedType kType = WrappedType::kDevice;
  static constexpr char kName[] = "Device";

  static void Define(Environment* environment);
  // @throws ERR_UNTORN_NO_DEVICE and what the provider says
  static Napi::Object Open(Napi::Env env, const std::string& provider, const std::string& name);

 private:
  explicit DeviceObject(std::shared_ptr<DeviceState> state) : state_(std::move(state)) {}
  Napi::Value RegisterMemory(const Napi::CallbackInfo& info);
  Napi::Value CreateQueuePair(const Napi::CallbackInfo& info);
  Napi::Value ImportRegion(const Napi::CallbackInfo& info);
  Napi::Value ReleaseRemoteRegion(const Napi::CallbackInfo& info);
  Napi::Value Accounting(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  void AssertOpen(Napi::Env env) const;

  std::shared_ptr<DeviceState> state_;
};

}  // namespace untorn

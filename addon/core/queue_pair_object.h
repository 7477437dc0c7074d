// The JavaScript object of a queue pair. The data path is four plain functions that know their
// state without being told `this`; they stay callable after close and after the object is gone.
#pragma once

#include <napi.h>

#include <memory>

#include "queue_pair_state.h"
#include "wrap.h"

namespace untorn {

class QueuePairObject {
 public:
  static constexpr WrappedType kType = WrappedType::kQueuePair;
  static constexpr char kName[] = "QueuePair";

  static void Define(Environment* environment);
  static Napi::Object Create(Napi::Env env, std::shared_ptr<DeviceState> device,
                             std::unique_ptr<ProviderQueuePair> queue_pair,
                             const QueuePairOptions& options);
  ~QueuePairObject();

 private:
  explicit QueuePairObject(std::shared_ptr<DeviceState> device,
                           std::shared_ptr<QueuePairState> state)
      : device_(std::move(device)), state_(std::move(state)) {}
  Napi::Value Connect(const Napi::CallbackInfo& info);
  Napi::Value Arm(const Napi::CallbackInfo& info);
  Napi::Value OnEvent(const Napi::CallbackInfo& info);
  Napi::Value Reference(const Napi::CallbackInfo& info);
  Napi::Value State(const Napi::CallbackInfo& info);
  Napi::Value Fail(const Napi::CallbackInfo& info);
  Napi::Value Quiet(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  EventSource* Events(const Napi::CallbackInfo& info);

  std::shared_ptr<DeviceState> device_;
  std::shared_ptr<QueuePairState> state_;
};

}  // namespace untorn

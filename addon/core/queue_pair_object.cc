#include "queue_pair_object.h"

#include <cstring>

#include "event_source.h"
#include "marshal.h"

namespace untorn {
namespace {

// Raw Node-API: no arguments, one small integer back. This is the whole cost of a crossing.
template <uint32_t (QueuePairState::*operation)() noexcept>
napi_value DataPath(napi_env env, napi_callback_info info) noexcept {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  napi_value result = nullptr;
  napi_create_uint32(env, (static_cast<QueuePairState*>(data)->*operation)(), &result);
  return result;
}

void SetDataPath(Napi::Object object, const char* name, napi_callback callback,
                 const std::shared_ptr<QueuePairState>& state) {
  const napi_env env = object.Env();
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, state.get(), &function) !=
      napi_ok) {
    throw Napi::Error::New(env);
  }
  // The function may outlive the object: it has its own share of the state.
  auto* share = new std::shared_ptr<QueuePairState>(state);
  const napi_finalize destroy = [](napi_env, void* data, void*) {
    delete static_cast<std::shared_ptr<QueuePairState>*>(data);
  };
  if (napi_add_finalizer(env, function, share, destroy, nullptr, nullptr) != napi_ok) {
    delete share;
    throw Napi::Error::New(env);
  }
  SetConstant(object, name, function);
}

}  // namespace

void QueuePairObject::Define(Environment* environment) {
  using Self = QueuePairObject;
  DefineClass<Self>(
      environment,
      {MethodNamed<Self, &Self::Connect>("connect"), MethodNamed<Self, &Self::Arm>("arm"),
       MethodNamed<Self, &Self::OnEvent>("onEvent"),
       MethodNamed<Self, &Self::Reference>("reference"), MethodNamed<Self, &Self::State>("state"),
       MethodNamed<Self, &Self::Fail>("fail"), MethodNamed<Self, &Self::Quiet>("quiet"),
       MethodNamed<Self, &Self::Close>("close")});
}

Napi::Object QueuePairObject::Create(Napi::Env env, std::shared_ptr<DeviceState> device,
                                     std::unique_ptr<ProviderQueuePair> queue_pair,
                                     const QueuePairOptions& options) {
  Napi::Object object = Environment::From(env).Construct(kType);
  const auto state = std::make_shared<QueuePairState>(device, std::move(queue_pair), options);
  const std::shared_ptr<QueuePairBuffers>& buffers = state->buffers();
  const size_t capacity = buffers->capacity();
  SetConstant(object, "records",
              ExternalBuffer(env, buffers->records(), capacity * sizeof(OperationRecord), buffers));
  SetConstant(
      object, "completions",
      ExternalBuffer(env, buffers->completions(), capacity * sizeof(CompletionRecord), buffers));
  SetConstant(object, "control",
              ExternalBuffer(env, buffers->control(), kControlWords * sizeof(int32_t), buffers));
  SetConstant(object, "endpoint", ToJs(env, device->info().provider, state->endpoint()));
  SetDataPath(object, "submit", DataPath<&QueuePairState::Submit>, state);
  SetDataPath(object, "poll", DataPath<&QueuePairState::Poll>, state);
  SetDataPath(object, "submitAndPoll", DataPath<&QueuePairState::SubmitAndPoll>, state);
  SetDataPath(object, "spin", DataPath<&QueuePairState::Spin>, state);
  const napi_property_descriptor callback = {EventSource::kCallbackProperty,
                                             nullptr,
                                             nullptr,
                                             nullptr,
                                             nullptr,
                                             env.Null(),
                                             napi_writable,
                                             nullptr};
  if (napi_define_properties(env, object, 1, &callback) != napi_ok) throw Napi::Error::New(env);
  Wrap(object, std::unique_ptr<QueuePairObject>(new QueuePairObject(std::move(device), state)));
  return object;
}

// Whatever still holds a function of it, a queue pair without its object is closed.
QueuePairObject::~QueuePairObject() { state_->Close(); }

Napi::Value QueuePairObject::Connect(const Napi::CallbackInfo& info) {
  const Endpoint remote = ToEndpoint(info[0], device_->info().provider);
  if (state_->closed()) ThrowClosed(info.Env(), "queue pair");
  if (const Failure failure = state_->Connect(remote)) Throw(info.Env(), failure);
  return info.Env().Undefined();
}

// Null when the loop cannot be used any more, which is no concern of a process that is ending.
EventSource* QueuePairObject::Events(const Napi::CallbackInfo& info) {
  if (state_->event_source()) return state_->event_source().get();
  if (state_->provider_queue_pair()->event_fd() < 0) return nullptr;
  int error = 0;
  std::shared_ptr<EventSource> source =
      EventSource::Open(&Environment::From(info.Env()), state_.get(), info.This(), &error);
  if (source) {
    state_->SetEventSource(source);
  } else if (error != UV_ECANCELED) {
    Throw(info.Env(),
          {"ERR_UNTORN_SYSTEM", std::string("waiting for completions: ") + uv_strerror(error),
           -error, "uv_poll_init"});
  }
  return source.get();
}

Napi::Value QueuePairObject::Arm(const Napi::CallbackInfo& info) {
  if (state_->closed()) ThrowClosed(info.Env(), "queue pair");
  Events(info);
  if (const Failure failure = state_->provider_queue_pair()->Arm()) Throw(info.Env(), failure);
  return info.Env().Undefined();
}

Napi::Value QueuePairObject::OnEvent(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction() && !info[0].IsNull()) {
    ThrowType(info.Env(), "callback must be a function or null");
  }
  info.This().As<Napi::Object>().Set(EventSource::kCallbackProperty, info[0]);
  return info.Env().Undefined();
}

Napi::Value QueuePairObject::Reference(const Napi::CallbackInfo& info) {
  if (!info[0].IsBoolean()) ThrowType(info.Env(), "on must be true or false");
  if (state_->closed()) return info.Env().Undefined();
  if (EventSource* events = Events(info)) events->Reference(info[0].As<Napi::Boolean>());
  return info.Env().Undefined();
}

Napi::Value QueuePairObject::State(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), state_->state());
}

Napi::Value QueuePairObject::Fail(const Napi::CallbackInfo& info) {
  state_->Fail();
  return info.Env().Undefined();
}

Napi::Value QueuePairObject::Quiet(const Napi::CallbackInfo& info) {
  state_->Fail();
  return Napi::Boolean::New(info.Env(), state_->Quiet());
}

Napi::Value QueuePairObject::Close(const Napi::CallbackInfo& info) {
  state_->Close();
  return info.Env().Undefined();
}

}  // namespace untorn

// What `require` of the addon returns: src/native/binding.ts, function by function.
#include <napi.h>

#include "device_object.h"
#include "environment.h"
#include "errors.h"
#include "kernels_binding.h"
#include "marshal.h"
#include "queue_pair_object.h"
#include "region_object.h"

namespace untorn {
namespace {

std::string TextArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) ThrowType(info.Env(), std::string(name) + " must be a string");
  return info[index].As<Napi::String>();
}

napi_value CallVerbsStatus(napi_env env, napi_callback_info) {
  return Guard(env, [&]() -> napi_value {
    const VerbsStatus status = Environment::From(env).LoadVerbs();
    Napi::Object result = Napi::Object::New(env);
    result.Set("compiled", status.compiled);
    result.Set("loaded", status.loaded);
    result.Set("reason", status.reason);
    return result;
  });
}

napi_value CallListDevices(napi_env env, napi_callback_info raw) {
  return Guard(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    const std::string name = TextArgument(info, 0, "provider");
    Failure failure;
    const std::shared_ptr<Provider> provider = Environment::From(env).ProviderNamed(name, &failure);
    if (failure) Throw(env, failure);
    const std::vector<DeviceInfo> devices = provider->List(&failure);
    if (failure) Throw(env, failure);
    Napi::Array result = Napi::Array::New(env, devices.size());
    for (uint32_t i = 0; i < devices.size(); ++i) result.Set(i, ToJs(env, devices[i]));
    return result;
  });
}

napi_value CallOpenDevice(napi_env env, napi_callback_info raw) {
  return Guard(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    const std::string provider = TextArgument(info, 0, "provider");
    return DeviceObject::Open(env, provider, TextArgument(info, 1, "name"));
  });
}

napi_value Initialize(napi_env env, napi_value exports_value) {
  return Guard(env, [&]() -> napi_value {
    Environment* environment = Environment::Create(env);
    DeviceObject::Define(environment);
    RegionObject::Define(environment);
    QueuePairObject::Define(environment);
    Napi::Object exports(env, exports_value);
    const auto set = [&](const char* name, napi_callback callback) {
      napi_value function;
      if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) !=
          napi_ok) {
        throw Napi::Error::New(env);
      }
      SetConstant(exports, name, function);
    };
    set("verbsStatus", CallVerbsStatus);
    set("listDevices", CallListDevices);
    set("openDevice", CallOpenDevice);
    DefineKernels(env, exports);
    return exports;
  });
}

}  // namespace
}  // namespace untorn

NAPI_MODULE_INIT() { return untorn::Initialize(env, exports); }

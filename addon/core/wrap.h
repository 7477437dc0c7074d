// C++ objects behind JavaScript ones. Invariant: a method only ever sees an object of its own
// class, made by this load of the addon for this environment, whatever it was called on.
#pragma once

#include <napi.h>

#include <utility>

#include "environment.h"
#include "errors.h"

namespace untorn {

// T has `static constexpr WrappedType kType` and `static constexpr char kName[]`.
template <typename T>
T& Unwrap(Napi::Env env, napi_value object) {
  bool ours = false;
  void* data = nullptr;
  if (napi_check_object_type_tag(env, object, &Environment::From(env).type_tag(T::kType), &ours) !=
          napi_ok ||
      !ours || napi_unwrap(env, object, &data) != napi_ok) {
    // A failed call may have left an exception of its own.
    napi_value ignored;
    napi_get_and_clear_last_exception(env, &ignored);
    ThrowType(env, std::string("this is not a ") + T::kName);
  }
  return *static_cast<T*>(data);
}

// Hands `value` to `object`; destroyed when the object is garbage or the environment ends.
template <typename T>
T* Wrap(Napi::Object object, std::unique_ptr<T> value) {
  const napi_finalize destroy = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
  if (napi_wrap(object.Env(), object, value.get(), destroy, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(object.Env());
  }
  return value.release();
}

// A method of a wrapped class as a Node-API callback.
template <typename T, Napi::Value (T::*method)(const Napi::CallbackInfo&)>
napi_value Method(napi_env env, napi_callback_info raw) noexcept {
  return Guard(env, [&]() -> napi_value {
    const Napi::CallbackInfo info(env, raw);
    return (Unwrap<T>(env, info.This()).*method)(info);
  });
}

template <typename T, Napi::Value (T::*method)(const Napi::CallbackInfo&)>
napi_property_descriptor MethodNamed(const char* name) {
  return {name,    nullptr, Method<T, method>,   nullptr,
          nullptr, nullptr, napi_default_method, nullptr};
}

// A class whose objects only the addon makes.
template <typename T, size_t count>
void DefineClass(Environment* environment, const napi_property_descriptor (&methods)[count]) {
  const napi_callback construct = [](napi_env env, napi_callback_info raw) -> napi_value {
    return Guard(env, [&]() -> napi_value {
      const Napi::CallbackInfo info(env, raw);
      if (!Environment::From(env).constructing()) {
        ThrowType(env, std::string("a ") + T::kName + " is not made with new");
      }
      return info.This();
    });
  };
  napi_value constructor;
  if (napi_define_class(environment->env(), T::kName, NAPI_AUTO_LENGTH, construct, nullptr, count,
                        methods, &constructor) != napi_ok) {
    throw Napi::Error::New(environment->env());
  }
  environment->SetConstructor(T::kType, constructor);
}

// A property that neither the caller nor anybody else can change.
inline void SetConstant(Napi::Object object, const char* name, napi_value value) {
  const napi_property_descriptor property = {name,    nullptr, nullptr,         nullptr,
                                             nullptr, value,   napi_enumerable, nullptr};
  if (napi_define_properties(object.Env(), object, 1, &property) != napi_ok) {
    throw Napi::Error::New(object.Env());
  }
}

// An ArrayBuffer over memory that `owner` keeps alive: freed only when the buffer is garbage too.
template <typename T>
Napi::Value ExternalBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<T> owner) {
  auto* share = new std::shared_ptr<T>(std::move(owner));
  const napi_finalize destroy = [](napi_env, void*, void* hint) {
    delete static_cast<std::shared_ptr<T>*>(hint);
  };
  napi_value buffer;
  const napi_status status =
      napi_create_external_arraybuffer(env, data, bytes, destroy, share, &buffer);
  if (status == napi_ok) return {env, buffer};
  // On this status the finalizer is not called.
  if (status == napi_no_external_buffers_allowed) {
    delete share;
    Throw(env, {"ERR_UNTORN_EXTERNAL_BUFFERS", "this runtime does not allow external ArrayBuffers",
                0, ""});
  }
  throw Napi::Error::New(env);
}

}  // namespace untorn

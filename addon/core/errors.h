// Failures as JavaScript errors: every one carries `code`, and `errno` and `syscall` where known.
#pragma once

#include <napi.h>

#include <string>

#include "provider.h"

namespace untorn {

// Error; RangeError where the code blames an argument.
[[noreturn]] void Throw(Napi::Env env, const Failure& failure);

// TypeError or RangeError with ERR_UNTORN_ARGUMENT.
[[noreturn]] void ThrowType(Napi::Env env, const std::string& message);
[[noreturn]] void ThrowRange(Napi::Env env, const std::string& message);

// Error with ERR_UNTORN_CLOSED.
[[noreturn]] void ThrowClosed(Napi::Env env, const char* what);

// Runs `body` where Node-API calls in: C++ exceptions become JavaScript ones, none escapes.
template <typename Body>
napi_value Guard(napi_env env, Body body) noexcept {
  try {
    return body();
  } catch (const Napi::Error& error) {
    // Its failure is passed over, unlike ThrowAsJavaScriptException does: it means that a worker is
    // being terminated, whose code runs no more.
    napi_throw(env, error.Value());
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_UNTORN_SYSTEM", error.what());
  }
  return nullptr;
}

}  // namespace untorn

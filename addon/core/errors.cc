#include "errors.h"

namespace untorn {
namespace {

using Constructor = napi_status (*)(napi_env, napi_value, napi_value, napi_value*);

[[noreturn]] void ThrowWith(Napi::Env env, Constructor construct, const Failure& failure) {
  napi_value error;
  const napi_status status = construct(env, Napi::String::New(env, failure.code),
                                       Napi::String::New(env, failure.message), &error);
  if (status != napi_ok) throw Napi::Error::New(env);
  Napi::Error result(env, error);
  if (failure.error_number != 0) {
    result.Value().Set("errno", Napi::Number::New(env, failure.error_number));
  }
  if (!failure.syscall.empty()) {
    result.Value().Set("syscall", Napi::String::New(env, failure.syscall));
  }
  throw result;
}

}  // namespace

void Throw(Napi::Env env, const Failure& failure) {
  const bool argument = failure.code == "ERR_UNTORN_ARGUMENT" ||
                        failure.code == "ERR_UNTORN_OUT_OF_BOUNDS" ||
                        failure.code == "ERR_UNTORN_MISALIGNED";
  ThrowWith(env, argument ? napi_create_range_error : napi_create_error, failure);
}

void ThrowType(Napi::Env env, const std::string& message) {
  ThrowWith(env, napi_create_type_error, {"ERR_UNTORN_ARGUMENT", message, 0, ""});
}

void ThrowRange(Napi::Env env, const std::string& message) {
  ThrowWith(env, napi_create_range_error, {"ERR_UNTORN_ARGUMENT", message, 0, ""});
}

void ThrowClosed(Napi::Env env, const char* what) {
  Throw(env, {"ERR_UNTORN_CLOSED", std::string("the ") + what + " is closed", 0, ""});
}

}  // namespace untorn

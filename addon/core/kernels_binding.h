// The memory kernels as JavaScript functions. Arguments are checked: a wrong one is an error with
// a code, never a stray store.
#pragma once

#include <napi.h>

namespace untorn {

void DefineKernels(Napi::Env env, Napi::Object exports);

}  // namespace untorn

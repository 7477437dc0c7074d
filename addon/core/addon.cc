#include <napi.h>
#include <uv.h>

static Napi::Object Initialize(Napi::Env, Napi::Object exports) { return exports; }

NODE_API_MODULE(untorn, Initialize)

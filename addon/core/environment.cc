#include "environment.h"

#include <dlfcn.h>
#include <sys/random.h>

#include "../shared_memory/device.h"
#include "errors.h"
#include "event_source.h"

namespace untorn {
namespace {

constexpr char kRemedy[] =
    "; install rdma-core (Debian: apt-get install libibverbs-dev ibverbs-providers) and run "
    "`npm rebuild untorn`";

// Random where the system has randomness at hand; else addresses, which differ by load as well.
template <typename T>
void FillRandom(T* value) {
  if (getrandom(value, sizeof *value, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof *value)) return;
  auto* bytes = reinterpret_cast<uint8_t*>(value);
  const auto seed = reinterpret_cast<uintptr_t>(value);
  for (size_t i = 0; i < sizeof *value; ++i) bytes[i] = static_cast<uint8_t>(seed >> (i % 8 * 8));
}

// The folder of this very binary, with a slash at its end.
std::string OwnFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&kRemedy), &info) == 0) return "";
  const std::string path = info.dli_fname;
  return path.substr(0, path.find_last_of('/') + 1);
}

}  // namespace

Environment::Environment(napi_env env) : env_(env) {
  uint32_t seed = 0;
  FillRandom(&seed);
  handle_tags_ = std::make_shared<HandleTags>(seed);
  FillRandom(&type_tags_);
}

Environment::~Environment() {
  for (napi_ref constructor : constructors_) {
    if (constructor != nullptr) napi_delete_reference(env_, constructor);
  }
}

Environment* Environment::Create(napi_env env) {
  auto* environment = new Environment(env);
  const napi_finalize destroy = [](napi_env, void* data, void*) {
    delete static_cast<Environment*>(data);
  };
  if (napi_set_instance_data(env, environment, destroy, nullptr) != napi_ok) {
    delete environment;
    throw Napi::Error::New(env);
  }
  // Asynchronous, because uv_close is: without it a worker's addon is gone while libuv still holds
  // handles of it.
  if (napi_add_async_cleanup_hook(env, OnCleanup, environment, &environment->cleanup_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  return environment;
}

Environment& Environment::From(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

void Environment::SetConstructor(WrappedType type, napi_value constructor) {
  napi_ref* reference = &constructors_[static_cast<size_t>(type)];
  if (napi_create_reference(env_, constructor, 1, reference) != napi_ok) {
    throw Napi::Error::New(env_);
  }
}

Napi::Object Environment::Construct(WrappedType type) {
  napi_value constructor;
  napi_value object;
  napi_get_reference_value(env_, constructors_[static_cast<size_t>(type)], &constructor);
  constructing_ = true;
  napi_status status = napi_new_instance(env_, constructor, 0, nullptr, &object);
  constructing_ = false;
  if (status == napi_ok) status = napi_type_tag_object(env_, object, &type_tag(type));
  if (status != napi_ok) throw Napi::Error::New(env_);
  return {env_, object};
}

std::shared_ptr<Provider> Environment::ProviderNamed(const std::string& name, Failure* failure) {
  if (name == "shared-memory") {
    if (!shared_memory_) shared_memory_ = CreateSharedMemoryProvider();
    return shared_memory_;
  }
  if (name == "verbs") {
    const VerbsStatus status = LoadVerbs();
    if (!status.loaded) *failure = {"ERR_UNTORN_VERBS_UNAVAILABLE", status.reason + kRemedy, 0, ""};
    return verbs_;
  }
  *failure = {"ERR_UNTORN_ARGUMENT",
              "provider must be \"verbs\" or \"shared-memory\"; got \"" + name + "\"", 0, ""};
  return nullptr;
}

VerbsStatus Environment::LoadVerbs() {
  // A value, not a switch for the preprocessor: both kinds of build compile the same code.
  constexpr bool kCompiled = UNTORN_VERBS_COMPILED != 0;
  if (!kCompiled) {
    return {false, false, "the verbs provider was not compiled: infiniband/verbs.h was not found"};
  }
  if (!verbs_tried_) {
    verbs_tried_ = true;
    const std::string path = OwnFolder() + "untorn_verbs.so";
    // Never closed: libibverbs and its drivers start threads and register handlers of their own.
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* symbol = library == nullptr ? nullptr : dlsym(library, kVerbsProviderSymbol);
    if (symbol == nullptr) {
      const char* why = dlerror();
      verbs_reason_ = std::string("the verbs provider cannot be loaded: ") +
                      (why == nullptr ? "unknown error" : why);
    } else {
      verbs_.reset(reinterpret_cast<CreateProviderFunction>(symbol)());
      if (!verbs_) verbs_reason_ = "the verbs provider did not start";
    }
  }
  return {kCompiled, verbs_ != nullptr, verbs_reason_};
}

void Environment::RemoveEventSource(EventSource* source) {
  event_sources_.erase(source);
  if (tearing_down_ && event_sources_.empty()) FinishCleanup();
}

void Environment::OnCleanup(napi_async_cleanup_hook_handle, void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->tearing_down_ = true;
  if (environment->event_sources_.empty()) {
    environment->FinishCleanup();
    return;
  }
  // Closing does not remove at once: libuv calls back later, and the last call finishes.
  for (EventSource* source : environment->event_sources_) source->Close();
}

void Environment::FinishCleanup() {
  // After this the environment, and this object with it, may be gone.
  napi_remove_async_cleanup_hook(cleanup_);
}

}  // namespace untorn

// Everything the addon keeps for one Node environment (the main thread, or one worker). There is
// no other mutable state: environments share nothing. Lives until the last uv handle is closed,
// because an asynchronous cleanup hook holds the Node-API environment until then.
#pragma once

#include <napi.h>

#include <memory>
#include <set>
#include <string>

#include "handle_table.h"
#include "provider.h"

namespace untorn {

class EventSource;

enum class WrappedType : size_t { kDevice, kRegion, kQueuePair, kCount };

struct VerbsStatus {
  bool compiled;
  bool loaded;
  std::string reason;
};

class Environment {
 public:
  // Installs itself as the instance data of `env`.
  static Environment* Create(napi_env env);
  static Environment& From(napi_env env);
  ~Environment();

  napi_env env() const { return env_; }
  const std::shared_ptr<HandleTags>& handle_tags() const { return handle_tags_; }

  // Random for each load, so that no other addon's object passes for one of ours.
  const napi_type_tag& type_tag(WrappedType type) const {
    return type_tags_[static_cast<size_t>(type)];
  }
  void SetConstructor(WrappedType type, napi_value constructor);
  // A new object of that class, not yet wrapping anything.
  Napi::Object Construct(WrappedType type);
  bool constructing() const { return constructing_; }

  // Null with a failure: ERR_UNTORN_ARGUMENT or ERR_UNTORN_VERBS_UNAVAILABLE.
  std::shared_ptr<Provider> ProviderNamed(const std::string& name, Failure* failure);
  // Loads the verbs provider when that has not been tried.
  VerbsStatus LoadVerbs();

  bool tearing_down() const { return tearing_down_; }
  void AddEventSource(EventSource* source) { event_sources_.insert(source); }
  // Called when libuv has let go of the handle.
  void RemoveEventSource(EventSource* source);

 private:
  explicit Environment(napi_env env);
  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);
  void FinishCleanup();

  napi_env env_;
  std::shared_ptr<HandleTags> handle_tags_;
  napi_type_tag type_tags_[static_cast<size_t>(WrappedType::kCount)];
  napi_ref constructors_[static_cast<size_t>(WrappedType::kCount)] = {};
  bool constructing_ = false;
  std::shared_ptr<Provider> shared_memory_;
  std::shared_ptr<Provider> verbs_;
  bool verbs_tried_ = false;
  std::string verbs_reason_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool tearing_down_ = false;
  std::set<EventSource*> event_sources_;
};

}  // namespace untorn

#include "event_source.h"

#include "environment.h"
#include "queue_pair_state.h"

namespace untorn {

std::shared_ptr<EventSource> EventSource::Open(Environment* environment, QueuePairState* state,
                                               napi_value owner, int* error) {
  std::shared_ptr<EventSource> source(new EventSource(environment, state));
  uv_loop_t* loop = nullptr;
  if (environment->tearing_down() || napi_get_uv_event_loop(environment->env(), &loop) != napi_ok) {
    *error = UV_ECANCELED;
    return nullptr;
  }
  *error = uv_poll_init(loop, &source->handle_, state->provider_queue_pair()->event_fd());
  if (*error != 0) return nullptr;
  source->handle_.data = source.get();
  source->self_ = source;
  environment->AddEventSource(source.get());
  uv_unref(reinterpret_cast<uv_handle_t*>(&source->handle_));
  // Weak: see kCallbackProperty.
  napi_create_reference(environment->env(), owner, 0, &source->owner_);
  *error = uv_poll_start(&source->handle_, UV_READABLE, OnReadable);
  if (*error == 0) return source;
  source->Close();
  return nullptr;
}

EventSource::~EventSource() = default;

void EventSource::Reference(bool on) {
  if (state_ == nullptr || on == referenced_) return;
  referenced_ = on;
  auto* handle = reinterpret_cast<uv_handle_t*>(&handle_);
  if (on) {
    uv_ref(handle);
    napi_reference_ref(environment_->env(), owner_, nullptr);
  } else {
    uv_unref(handle);
    napi_reference_unref(environment_->env(), owner_, nullptr);
  }
}

void EventSource::Close() {
  if (state_ == nullptr) return;
  state_ = nullptr;
  if (owner_ != nullptr) napi_delete_reference(environment_->env(), owner_);
  owner_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), [](uv_handle_t* closed) {
    auto* source = static_cast<EventSource*>(closed->data);
    Environment* environment = source->environment_;
    const std::shared_ptr<EventSource> last = std::move(source->self_);
    environment->RemoveEventSource(source);
  });
}

void EventSource::OnReadable(uv_poll_t* handle, int status, int) noexcept {
  auto* source = static_cast<EventSource*>(handle->data);
  if (source->state_ == nullptr || source->state_->closed()) return;
  // An error of the descriptor would be reported again and again: stop, and let the caller poll.
  if (status < 0) uv_poll_stop(handle);
  source->state_->provider_queue_pair()->AcknowledgeEvents();
  source->CallBack();
}

void EventSource::CallBack() noexcept {
  const napi_env env = environment_->env();
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value owner = nullptr;
  napi_value callback = nullptr;
  napi_valuetype type = napi_undefined;
  napi_get_reference_value(env, owner_, &owner);
  if (owner != nullptr &&
      napi_get_named_property(env, owner, kCallbackProperty, &callback) == napi_ok &&
      napi_typeof(env, callback, &type) == napi_ok && type == napi_function) {
    // Runs microtasks after the callback. `this` may be closed when it returns; it is not touched.
    napi_make_callback(env, nullptr, owner, callback, 0, nullptr, nullptr);
  }
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
      napi_fatal_exception(env, error);
    }
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace untorn

// A provider's descriptor on the event loop, by uv_poll. Invariants: the handle is closed before
// the environment ends; nothing is called after Close; callbacks from libuv throw nothing.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>

namespace untorn {

class Environment;
class QueuePairState;

class EventSource {
 public:
  // Null, with `*error` from libuv, when the loop refuses the descriptor. `owner` is the
  // JavaScript object whose callback is called; `state` must call Close before it is destroyed.
  static std::shared_ptr<EventSource> Open(Environment* environment, QueuePairState* state,
                                           napi_value owner, int* error);
  ~EventSource();

  // Keeps the loop alive, and with it the owner.
  void Reference(bool on);
  // Idempotent. libuv lets go of the handle, and then of this object, some time later.
  void Close();

  // The owner's property that holds the callback: so the owner keeps it alive and nobody keeps
  // the owner, and a forgotten queue pair can become garbage.
  static constexpr char kCallbackProperty[] = "eventCallback";

 private:
  EventSource(Environment* environment, QueuePairState* state)
      : environment_(environment), state_(state) {}
  static void OnReadable(uv_poll_t* handle, int status, int events) noexcept;
  void CallBack() noexcept;

  Environment* environment_;
  QueuePairState* state_;
  uv_poll_t handle_{};
  napi_ref owner_ = nullptr;
  bool referenced_ = false;
  // libuv's share of this object, until the handle is closed.
  std::shared_ptr<EventSource> self_;
};

}  // namespace untorn

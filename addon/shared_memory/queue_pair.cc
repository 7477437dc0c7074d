#include "queue_pair.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "../kernels/clock.h"
#include "../kernels/copy_words.h"
#include "../kernels/fences.h"
#include "region.h"

namespace untorn {
namespace {

// How long an operation waits for a peer that is not connected yet, and for one try of a peer that
// has no receive posted: long enough for a process that is running, and no stall otherwise.
constexpr uint64_t kReadyWaitNs = 2'000'000;
constexpr uint64_t kReceiveWaitNs = 200'000;

// Stores of this thread may still wait in its CPU, where a READ on any queue pair could pass them:
// a WRITE that has completed must be seen by whoever looks after the READ was answered.
thread_local bool stores_wait = false;

template <typename Condition>
bool WaitFor(uint64_t limit_ns, Condition condition) {
  const uint64_t deadline = NowNs() + limit_ns;
  do {
    if (condition()) return true;
    sched_yield();
  } while (NowNs() < deadline);
  return condition();
}

uint8_t* LocalBytes(const Operation& operation) {
  if (operation.local == nullptr) return nullptr;
  return static_cast<const SharedRegistration*>(operation.local)->bytes() + operation.local_offset;
}

}  // namespace

SharedQueuePair::SharedQueuePair(const QueuePairOptions& options)
    : options_(options),
      completed_(std::bit_ceil(options.send_depth)),
      completed_mask_(completed_.size() - 1),
      receives_(options.receive_depth) {}

std::unique_ptr<SharedQueuePair> SharedQueuePair::Create(const QueuePairOptions& options,
                                                         Failure* failure) {
  std::unique_ptr<SharedQueuePair> queue_pair(new SharedQueuePair(options));
  *failure = queue_pair->inbox_.Create(options.receive_depth);
  if (*failure) return nullptr;
  Endpoint& endpoint = queue_pair->endpoint_;
  endpoint.pid = getpid();
  endpoint.fd = queue_pair->inbox_.memory_fd();
  endpoint.inode = queue_pair->inbox_.inode();
  endpoint.doorbell_fd = queue_pair->inbox_.doorbell_fd();
  return queue_pair;
}

Failure SharedQueuePair::Connect(const Endpoint& remote) {
  if (Failure failure = peer_.Open(remote.pid, remote.fd, remote.inode, remote.doorbell_fd)) {
    return failure;
  }
  connected_ = true;
  if (!in_error_) inbox_.SetState(kInboxReady);
  return {};
}

void SharedQueuePair::Fail() {
  in_error_ = true;
  inbox_.SetState(kInboxError);
}

bool SharedQueuePair::Quiet() {
  // A peer is let in only once this side is connected.
  return !connected_ || inbox_.Quiet() || !peer_.alive();
}

size_t SharedQueuePair::Post(const Operation* operations, size_t count, int*) {
  for (size_t i = 0; i < count; ++i) {
    const Operation& operation = operations[i];
    uint32_t status = kFlushed;
    if (!in_error_) [[likely]] {
      status = Execute(operation);
      if (status != kSuccess) Fail();
    }
    if (status == kSuccess && (operation.flags & kSignalled) == 0) continue;
    Completion& completion = completed_[completed_tail_++ & completed_mask_];
    completion.sequence = operation.sequence;
    completion.status = status;
    completion.opcode = operation.opcode;
    completion.length_bytes = operation.length_bytes;
    completion.immediate = 0;
    completion.vendor_error = 0;
    completion.receive = false;
  }
  return count;
}

uint32_t SharedQueuePair::Execute(const Operation& operation) {
  if (!peer_.ready()) [[unlikely]] {
    if (const uint32_t status = AwaitReady(); status != kSuccess) return status;
  }
  if (operation.opcode == Opcode::kSend) {
    return Send(kMessageBytes, LocalBytes(operation), operation.length_bytes, 0);
  }
  const auto& remote = *static_cast<const SharedRemoteRegion*>(operation.remote);
  if (!remote.open()) [[unlikely]]
    return kRemoteAccess;
  if (operation.opcode == Opcode::kRead) return ExecuteRead(operation, remote);
  if (operation.opcode == Opcode::kWriteWithImmediate) {
    if (const uint32_t status = AwaitRoom(); status != kSuccess) return status;
  }
  // Before the first store: a peer that closes meanwhile waits for the last one.
  if (!peer_.Enter()) [[unlikely]]
    return kRetryExceeded;
  const bool writes =
      operation.opcode == Opcode::kWrite || operation.opcode == Opcode::kWriteWithImmediate;
  if (writes) {
    ExecuteWrite(operation, remote);
  } else {
    ExecuteAtomic(operation, remote);
  }
  // Like any store, it may wait in this CPU, where no later READ may pass it.
  stores_wait = true;
  peer_.Leave();
  if (operation.opcode != Opcode::kWriteWithImmediate) return kSuccess;
  return Send(kMessageImmediate, nullptr, operation.length_bytes, operation.immediate);
}

uint32_t SharedQueuePair::ExecuteRead(const Operation& operation,
                                      const SharedRemoteRegion& remote) const {
  const uint8_t* there = remote.bytes() + operation.remote_offset;
  uint8_t* here = LocalBytes(operation);
  // A fence flag asks for nothing more: earlier READs have ended with an acquire fence.
  if (stores_wait) {
    FullFence();
    stores_wait = false;
  }
  if (operation.length_bytes == 8 && (reinterpret_cast<uintptr_t>(there) & 7) == 0) {
    const uint64_t word =
        __atomic_load_n(reinterpret_cast<const uint64_t*>(there), __ATOMIC_ACQUIRE);
    std::memcpy(here, &word, sizeof word);
  } else {
    CopyFromShared(here, there, operation.length_bytes);
    // Whatever is read after this READ, by a later operation or by the caller, is read later.
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  // Looked at again: this process may have been stopped in the middle for long, and what it copied
  // then may be bytes of whatever the owner keeps there since it closed.
  if (!peer_.ready()) [[unlikely]]
    return kRetryExceeded;
  return remote.open() ? kSuccess : kRemoteAccess;
}

void SharedQueuePair::ExecuteWrite(const Operation& operation, const SharedRemoteRegion& remote) {
  // Whatever was written before this WRITE is seen before it.
  std::atomic_thread_fence(std::memory_order_release);
  CopyToShared(remote.bytes() + operation.remote_offset, LocalBytes(operation),
               operation.length_bytes);
}

void SharedQueuePair::ExecuteAtomic(const Operation& operation, const SharedRemoteRegion& remote) {
  std::atomic_ref<uint64_t> word(
      *reinterpret_cast<uint64_t*>(remote.bytes() + operation.remote_offset));
  uint64_t old = operation.compare_or_add;
  if (operation.opcode == Opcode::kFetchAndAdd) {
    old = word.fetch_add(operation.compare_or_add, std::memory_order_seq_cst);
  } else {
    // On a mismatch `old` becomes what was found; on a match it is that already.
    word.compare_exchange_strong(old, operation.swap, std::memory_order_seq_cst);
  }
  std::memcpy(LocalBytes(operation), &old, sizeof old);
}

uint32_t SharedQueuePair::AwaitReady() const {
  // A peer that failed or closed never answers; one that has not connected yet may any moment.
  WaitFor(kReadyWaitNs, [this] { return peer_.state() != kInboxInit; });
  return peer_.ready() ? kSuccess : kRetryExceeded;
}

uint32_t SharedQueuePair::AwaitRoom() const {
  if (peer_.room() == 0) {
    const uint64_t limit_ns = kReceiveWaitNs * (options_.rnr_retry_count + 1);
    WaitFor(limit_ns, [this] { return peer_.room() != 0 || !peer_.ready() || !peer_.alive(); });
  }
  if (!peer_.ready() || !peer_.alive()) return kRetryExceeded;
  const uint32_t room = peer_.room();
  if (room == 0) return kReceiverNotReady;
  // More than it has slots: whoever wrote that is no queue pair.
  return room <= peer_.depth() ? kSuccess : kRetryExceeded;
}

uint32_t SharedQueuePair::Send(MessageKind kind, const uint8_t* bytes, uint32_t length_bytes,
                               uint32_t immediate) {
  if (const uint32_t status = AwaitRoom(); status != kSuccess) return status;
  if (kind == kMessageBytes && length_bytes > peer_.next_length_bytes()) {
    peer_.Produce(kMessageOverlong, nullptr, length_bytes, 0);
    return kRemoteInvalidRequest;
  }
  peer_.Produce(kind, bytes, length_bytes, immediate);
  // Produce ends with a full fence.
  stores_wait = false;
  return kSuccess;
}

size_t SharedQueuePair::PostReceive(const Operation* operations, size_t count, int*) {
  for (size_t i = 0; i < count; ++i) {
    const Operation& operation = operations[i];
    receives_[receive_tail_++ % receives_.size()] = {operation.sequence, LocalBytes(operation),
                                                     operation.length_bytes};
    inbox_.PostReceive(operation.length_bytes);
  }
  return count;
}

size_t SharedQueuePair::Poll(Completion* completions, size_t max) {
  size_t count = 0;
  while (count < max && completed_head_ != completed_tail_) {
    completions[count++] = completed_[completed_head_++ & completed_mask_];
  }
  if (receive_head_ == receive_tail_) [[likely]]
    return count;
  return count + PollReceives(completions + count, max - count);
}

size_t SharedQueuePair::PollReceives(Completion* completions, size_t max) {
  size_t count = 0;
  for (; count < max && receive_head_ != receive_tail_; ++count) {
    Completion& completion = completions[count];
    const Receive& receive = receives_[receive_head_ % receives_.size()];
    completion = {};
    completion.sequence = receive.sequence;
    completion.opcode = Opcode::kReceive;
    completion.receive = true;
    const uint32_t available = inbox_.available();
    if (available != 0 && !in_error_) {
      TakeMessage(&completion);
    } else if (in_error_) {
      completion.status = kFlushed;
    } else {
      break;
    }
    ++receive_head_;
    inbox_.Consume();
  }
  return count;
}

void SharedQueuePair::TakeMessage(Completion* completion) {
  const Receive& receive = receives_[receive_head_ % receives_.size()];
  const Message message = inbox_.Front();
  completion->status = kSuccess;
  completion->length_bytes = message.length_bytes;
  if (inbox_.available() > inbox_.outstanding()) {
    // More messages than receives: the peer writes garbage.
    completion->status = kBadResponse;
  } else if (message.kind == kMessageImmediate) {
    completion->opcode = Opcode::kReceiveWithImmediate;
    completion->immediate = message.immediate;
  } else if (message.kind == kMessageOverlong || message.length_bytes > receive.length_bytes ||
             message.length_bytes > kSlotPayloadBytes) {
    completion->status = kLocalLength;
  } else if (message.kind != kMessageBytes) {
    completion->status = kBadResponse;
  } else if (message.length_bytes != 0) {
    std::memcpy(receive.landing, message.bytes, message.length_bytes);
  }
  if (completion->status == kSuccess) return;
  completion->length_bytes = 0;
  Fail();
}

Failure SharedQueuePair::Arm() {
  inbox_.Arm();
  const bool waiting = completed_head_ != completed_tail_ ||
                       (receive_head_ != receive_tail_ && (in_error_ || inbox_.available() != 0));
  if (waiting) inbox_.RingSelf();
  return {};
}

}  // namespace untorn

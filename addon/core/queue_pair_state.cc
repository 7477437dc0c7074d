#include "queue_pair_state.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "../kernels/clock.h"
#include "event_source.h"

namespace untorn {
namespace {

// Reading the clock costs about as much as polling an empty queue.
constexpr unsigned kPollsPerClockRead = 8;

}  // namespace

QueuePairBuffers::QueuePairBuffers(size_t capacity) : records_(capacity), completions_(capacity) {}

QueuePairState::QueuePairState(std::shared_ptr<DeviceState> device,
                               std::unique_ptr<ProviderQueuePair> queue_pair,
                               const QueuePairOptions& options)
    : device_(std::move(device)),
      queue_pair_(std::move(queue_pair)),
      endpoint_(queue_pair_->endpoint()),
      buffers_(std::make_shared<QueuePairBuffers>(options.send_depth + options.receive_depth)),
      records_(buffers_->records()),
      completions_(buffers_->completions()),
      control_(buffers_->control()),
      send_depth_(options.send_depth),
      receive_depth_(options.receive_depth),
      send_bytes_max_(static_cast<uint64_t>(device_->info().limits.send_bytes_max)),
      send_mask_(std::bit_ceil(options.send_depth) - 1),
      receive_mask_(std::bit_ceil(options.receive_depth) - 1),
      operations_(std::max(options.send_depth, options.receive_depth)),
      send_entries_(send_mask_ + 1),
      receive_entries_(receive_mask_ + 1) {
  device_->AddQueuePair(this);
}

QueuePairState::~QueuePairState() { Close(); }

uint32_t QueuePairState::Submit() noexcept {
  if (closed()) return kClosedStatus;
  reported_ = 0;
  const uint32_t status = CheckAndPost(true);
  WriteControl();
  return status;
}

uint32_t QueuePairState::SubmitAndPoll() noexcept {
  if (closed()) return kClosedStatus;
  reported_ = 0;
  uint32_t status = CheckAndPost(false);
  if (status == kSuccess) status = Await();
  WriteControl();
  return status;
}

uint32_t QueuePairState::Spin() noexcept {
  if (closed()) return kClosedStatus;
  reported_ = 0;
  const uint32_t status = Await();
  WriteControl();
  return status;
}

uint32_t QueuePairState::Poll() noexcept {
  if (closed()) return 0;
  reported_ = 0;
  Reap();
  WriteControl();
  return static_cast<uint32_t>(reported_);
}

uint32_t QueuePairState::CheckAndPost(bool allow_receives) noexcept {
  const int32_t wanted = control_[kControlCount];
  control_[kControlRejectedIndex] = 0;
  if (wanted == 0) return kSuccess;
  if (wanted < 0 || static_cast<size_t>(wanted) > buffers_->capacity()) return kBadOperation;
  const size_t count = static_cast<size_t>(wanted);
  // A submission is either receives or a chain: they go to different queues.
  const bool receives = records_[0].opcode == static_cast<uint32_t>(Opcode::kReceive);
  if (receives && !allow_receives) return kBadOperation;
  if (!receives && !connected_) return kNotConnected;
  const uint64_t free = receives ? receive_depth_ - (receive_tail_ - receive_head_)
                                 : send_depth_ - (send_tail_ - send_head_);
  if (count > free) {
    // The first record that finds no room.
    control_[kControlRejectedIndex] = static_cast<int32_t>(free);
    return receives ? kReceiveQueueFull : kSendQueueFull;
  }
  if (const uint32_t status = CheckAll(count, receives); status != kSuccess) return status;
  return Post(count, receives);
}

// Fills operations_ and the entries behind the tail; nothing is in flight until Post.
uint32_t QueuePairState::CheckAll(size_t count, bool receives) noexcept {
  const uint64_t first = receives ? receive_tail_ : send_tail_;
  for (size_t i = 0; i < count; ++i) {
    const OperationRecord& record = records_[i];
    Operation& operation = operations_[i];
    Entry& entry = receives ? ReceiveEntry(first + i) : SendEntry(first + i);
    uint32_t status = CheckRecord(record, &operation, &entry);
    if (status == kSuccess && receives != (operation.opcode == Opcode::kReceive)) {
      status = kBadOperation;
    }
    if (status != kSuccess) {
      control_[kControlRejectedIndex] = static_cast<int32_t>(i);
      return status;
    }
    operation.sequence = first + i;
    entry.id = record.id;
    entry.opcode = operation.opcode;
    entry.chain_failure = kSuccess;
  }
  if (!receives) EndChains(count);
  return kSuccess;
}

// The last record always ends a chain: whatever is unsignalled before it retires with it.
void QueuePairState::EndChains(size_t count) noexcept {
  uint64_t last = send_tail_ + count - 1;
  operations_[count - 1].flags |= kChainEnd;
  for (size_t i = count; i-- > 0;) {
    Operation& operation = operations_[i];
    Entry& entry = SendEntry(operation.sequence);
    entry.is_chain_end = (operation.flags & kChainEnd) != 0;
    if (entry.is_chain_end) {
      last = operation.sequence;
      operation.flags |= kSignalled;
    }
    entry.chain_last = last;
  }
}

uint32_t QueuePairState::CheckRecord(const OperationRecord& record, Operation* operation,
                                     Entry* entry) noexcept {
  const auto opcode = static_cast<Opcode>(record.opcode);
  operation->opcode = opcode;
  operation->flags = record.flags;
  operation->length_bytes = record.length_bytes;
  operation->immediate = record.immediate;
  operation->compare_or_add = record.compare_or_add;
  operation->swap = record.swap;
  if ((record.flags & ~uint32_t{kFence | kSignalled | kChainEnd}) != 0) return kBadOperation;
  bool lands = false;
  bool message = false;
  uint32_t right = 0;
  switch (opcode) {
    case Opcode::kRead:
      lands = true;
      right = kRemoteRead;
      break;
    case Opcode::kWrite:
    case Opcode::kWriteWithImmediate:
      right = kRemoteWrite;
      break;
    case Opcode::kCompareAndSwap:
    case Opcode::kFetchAndAdd:
      lands = true;
      right = kRemoteAtomic;
      if (operation->length_bytes != 8) return kBadOperation;
      break;
    case Opcode::kSend:
      message = true;
      if (operation->length_bytes > send_bytes_max_) return kMessageTooLong;
      break;
    case Opcode::kReceive:
      message = true;
      lands = true;
      break;
    default:
      return kBadOperation;
  }

  const uint32_t local_handle = record.local_region;
  LocalSlot* local = device_->regions().Find(local_handle);
  if (local == nullptr) {
    // A message of no bytes needs no memory.
    if (!message || local_handle != 0 || operation->length_bytes != 0) return kUnknownRegion;
    operation->local = nullptr;
    operation->local_offset = 0;
    entry->local_index = kNoRegion;
  } else {
    const double offset = record.local_offset;
    // The negated form catches NaN; an offset within the length fits 53 bits.
    if (!(offset >= 0 && offset <= static_cast<double>(local->length_bytes))) return kOutOfBounds;
    operation->local_offset = static_cast<uint64_t>(offset);
    if (static_cast<double>(operation->local_offset) != offset) return kOutOfBounds;
    if (operation->length_bytes > local->length_bytes - operation->local_offset) {
      return kOutOfBounds;
    }
    if (lands && (local->access & kLocalWrite) == 0) return kAccessDenied;
    operation->local = local->registration.get();
    entry->local_index = HandleTable<LocalSlot>::IndexOf(local_handle);
  }
  if (right == 0) {
    operation->remote = nullptr;
    operation->remote_offset = 0;
    entry->remote_index = kNoRegion;
    return kSuccess;
  }
  return CheckRemote(record, right, operation, entry);
}

uint32_t QueuePairState::CheckRemote(const OperationRecord& record, uint32_t right,
                                     Operation* operation, Entry* entry) noexcept {
  const uint32_t handle = record.remote_region;
  RemoteSlot* remote = device_->remotes().Find(handle);
  if (remote == nullptr) return kUnknownRegion;
  const double offset = record.remote_offset;
  if (!(offset >= 0 && offset <= static_cast<double>(remote->length_bytes))) return kOutOfBounds;
  operation->remote_offset = static_cast<uint64_t>(offset);
  if (static_cast<double>(operation->remote_offset) != offset) return kOutOfBounds;
  if (operation->length_bytes > remote->length_bytes - operation->remote_offset) {
    return kOutOfBounds;
  }
  if ((remote->access & right) == 0) return kAccessDenied;
  if (right == kRemoteAtomic && ((operation->local_offset | operation->remote_offset) & 7) != 0) {
    return kMisaligned;
  }
  operation->remote = remote->region.get();
  entry->remote_index = HandleTable<RemoteSlot>::IndexOf(handle);
  return kSuccess;
}

uint32_t QueuePairState::Post(size_t count, bool receives) noexcept {
  // Pinned and counted before the provider sees them: on shared memory they complete at once.
  const uint64_t first = receives ? receive_tail_ : send_tail_;
  for (size_t i = 0; i < count; ++i) {
    const Entry& entry = receives ? ReceiveEntry(first + i) : SendEntry(first + i);
    if (entry.local_index != kNoRegion) ++device_->regions().at(entry.local_index).pins;
    if (entry.remote_index != kNoRegion) ++device_->remotes().at(entry.remote_index).pins;
  }
  int error_number = 0;
  const size_t accepted = receives
                              ? queue_pair_->PostReceive(operations_.data(), count, &error_number)
                              : queue_pair_->Post(operations_.data(), count, &error_number);
  (receives ? receive_tail_ : send_tail_) += accepted;
  if (!receives) {
    awaited_first_ = first;
    awaited_last_ = first + count - 1;
    awaited_status_ = kSuccess;
    awaited_done_ = false;
  }
  if (accepted == count) [[likely]]
    return kSuccess;
  for (size_t i = accepted; i < count; ++i) {
    Unpin(receives ? ReceiveEntry(first + i) : SendEntry(first + i));
  }
  control_[kControlRejectedIndex] = static_cast<int32_t>(accepted);
  control_[kControlVendorError] = error_number;
  awaited_done_ = true;
  awaited_status_ = kPostFailed;
  // The part that was accepted cannot be taken back: its chain has no end, so it is flushed.
  if (accepted != 0) queue_pair_->Fail();
  return kPostFailed;
}

uint32_t QueuePairState::Await() noexcept {
  if (awaited_done_) return awaited_status_;
  spinning_ = true;
  Reap();
  if (!awaited_done_) {
    const uint64_t budget_us = static_cast<uint64_t>(std::max(control_[kControlBudgetUs], 0));
    const uint64_t deadline = NowNs() + budget_us * 1000;
    for (unsigned turn = 1; !awaited_done_; ++turn) {
      if (turn % kPollsPerClockRead == 0 && NowNs() >= deadline) break;
      // A full completion buffer cannot happen: it has room for everything in flight.
      CpuRelax();
      Reap();
    }
  }
  spinning_ = false;
  return awaited_done_ ? awaited_status_ : static_cast<uint32_t>(kPending);
}

void QueuePairState::Reap() noexcept {
  // Bounded: a poll returns what is in flight, and nothing is posted meanwhile.
  for (;;) {
    const size_t found = queue_pair_->Poll(batch_, kPollBatch);
    for (size_t i = 0; i < found; ++i) {
      if (batch_[i].receive) {
        RetireReceive(batch_[i]);
      } else {
        RetireSend(batch_[i]);
      }
    }
    if (found < kPollBatch) return;
  }
}

void QueuePairState::RetireSend(const Completion& completion) noexcept {
  // Not in flight: a driver's mistake, and none of ours to follow.
  if (completion.sequence - send_head_ >= send_tail_ - send_head_) return;
  // Unsignalled operations before it have succeeded.
  while (send_head_ != completion.sequence) Unpin(SendEntry(send_head_++));
  const Entry& entry = SendEntry(send_head_++);
  Unpin(entry);
  uint32_t status = completion.status;
  if (status != kSuccess) [[unlikely]] {
    control_[kControlVendorError] = static_cast<int32_t>(completion.vendor_error);
    control_[kControlFailedOpcode] = static_cast<int32_t>(entry.opcode);
    Entry& end = SendEntry(entry.chain_last);
    if (end.chain_failure == kSuccess) end.chain_failure = status;
  }
  if (entry.is_chain_end) status = entry.chain_failure;
  // Unsigned: sequences before the chain wrap to huge numbers.
  const bool awaited = completion.sequence - awaited_first_ <= awaited_last_ - awaited_first_;
  if (awaited && awaited_status_ == kSuccess) awaited_status_ = status;
  if (awaited && completion.sequence == awaited_last_) awaited_done_ = true;
  if (!(awaited && spinning_)) Report(entry, completion, status);
}

void QueuePairState::RetireReceive(const Completion& completion) noexcept {
  if (completion.sequence - receive_head_ >= receive_tail_ - receive_head_) return;
  while (receive_head_ != completion.sequence) Unpin(ReceiveEntry(receive_head_++));
  Entry& entry = ReceiveEntry(receive_head_++);
  Unpin(entry);
  if (completion.opcode == Opcode::kReceiveWithImmediate) entry.opcode = completion.opcode;
  if (completion.status != kSuccess) {
    control_[kControlVendorError] = static_cast<int32_t>(completion.vendor_error);
    control_[kControlFailedOpcode] = static_cast<int32_t>(entry.opcode);
  }
  entry.is_chain_end = false;
  Report(entry, completion, completion.status);
}

void QueuePairState::Unpin(const Entry& entry) noexcept {
  if (entry.local_index != kNoRegion) device_->Unpin(entry.local_index);
  if (entry.remote_index != kNoRegion) device_->UnpinRemote(entry.remote_index);
}

void QueuePairState::Report(const Entry& entry, const Completion& completion,
                            uint32_t status) noexcept {
  // Cannot be full: it has room for everything that can be in flight, and no call posts twice.
  if (reported_ >= buffers_->capacity()) return;
  CompletionRecord& record = completions_[reported_++];
  record.id = entry.id;
  record.status = status;
  record.opcode = static_cast<uint32_t>(entry.opcode);
  record.length_bytes = completion.length_bytes;
  record.immediate = completion.immediate;
  record.flags = entry.is_chain_end ? uint32_t{kCompletionChainEnd} : 0;
  record.vendor_error = completion.vendor_error;
  record.reserved = 0;
}

void QueuePairState::WriteControl() noexcept {
  control_[kControlReapedCount] = static_cast<int32_t>(reported_);
  control_[kControlInFlight] = static_cast<int32_t>(in_flight());
}

Failure QueuePairState::Connect(const Endpoint& remote) {
  if (connected_) return {"ERR_UNTORN_BUSY", "the queue pair has a peer already", 0, ""};
  Failure failure = queue_pair_->Connect(remote);
  connected_ = !failure;
  return failure;
}

void QueuePairState::Fail() {
  if (!closed()) queue_pair_->Fail();
}

const char* QueuePairState::state() const {
  if (closed()) return "closed";
  if (queue_pair_->in_error()) return "error";
  return connected_ ? "ready" : "init";
}

void QueuePairState::Close() {
  if (closed()) return;
  if (event_source_) event_source_->Close();
  reported_ = 0;
  queue_pair_->Fail();
  Reap();
  // Only now does the device touch no memory of ours any more, and pins may fall.
  queue_pair_.reset();
  FlushRest();
  WriteControl();
  device_->RemoveQueuePair(this);
}

void QueuePairState::FlushRest() noexcept {
  Completion flushed{};
  flushed.status = kFlushed;
  while (send_head_ != send_tail_) {
    flushed.sequence = send_head_;
    RetireSend(flushed);
  }
  while (receive_head_ != receive_tail_) {
    flushed.sequence = receive_head_;
    RetireReceive(flushed);
  }
}

}  // namespace untorn

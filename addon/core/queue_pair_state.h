// The data path of one queue pair; calls no Node-API. Checks records, posts all or none, retires
// what completes. Invariants: nothing reaches the provider that was not checked against bounds and
// rights of both regions; every operation in flight holds a pin on its regions until it completes
// or the queue pair is destroyed; every operation is accounted for exactly once. No allocation and
// no exception after construction.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "device_state.h"
#include "provider.h"
#include "records.h"

namespace untorn {

class EventSource;

// The three buffers that JavaScript and the addon share. Zeroed, 8-byte aligned.
class QueuePairBuffers {
 public:
  explicit QueuePairBuffers(size_t capacity);

  OperationRecord* records() { return records_.data(); }
  CompletionRecord* completions() { return completions_.data(); }
  int32_t* control() { return control_; }
  size_t capacity() const { return records_.size(); }

 private:
  std::vector<OperationRecord> records_;
  std::vector<CompletionRecord> completions_;
  alignas(8) int32_t control_[kControlWords] = {};
};

class QueuePairState {
 public:
  QueuePairState(std::shared_ptr<DeviceState> device, std::unique_ptr<ProviderQueuePair> queue_pair,
                 const QueuePairOptions& options);
  ~QueuePairState();
  QueuePairState(const QueuePairState&) = delete;
  QueuePairState& operator=(const QueuePairState&) = delete;

  // Data path; see binding.ts. All are harmless after Close.
  uint32_t Submit() noexcept;
  uint32_t Poll() noexcept;
  uint32_t SubmitAndPoll() noexcept;
  uint32_t Spin() noexcept;

  Failure Connect(const Endpoint& remote);
  void Fail();
  // Destroys the provider's queue pair, then reports what had not completed as flushed: the
  // completion buffer holds it, ReapedCount says how many. Drops all pins. Idempotent.
  void Close();

  bool closed() const { return queue_pair_ == nullptr; }
  const char* state() const;
  bool Quiet() { return closed() || queue_pair_->Quiet(); }
  uint64_t in_flight() const { return (send_tail_ - send_head_) + (receive_tail_ - receive_head_); }
  // Null once closed.
  ProviderQueuePair* provider_queue_pair() { return queue_pair_.get(); }
  const Endpoint& endpoint() const { return endpoint_; }
  const std::shared_ptr<QueuePairBuffers>& buffers() const { return buffers_; }

  // Waits on the provider's descriptor; closed before the descriptor is.
  const std::shared_ptr<EventSource>& event_source() const { return event_source_; }
  void SetEventSource(std::shared_ptr<EventSource> source) { event_source_ = std::move(source); }

 private:
  static constexpr uint32_t kNoRegion = UINT32_MAX;
  static constexpr size_t kPollBatch = 32;

  // What must be known of an operation until it completes.
  struct Entry {
    uint32_t id;
    Opcode opcode;
    uint32_t local_index;
    uint32_t remote_index;
    // Sequence of the last operation of its chain, which inherits the chain's first failure.
    uint64_t chain_last;
    uint32_t chain_failure;
    bool is_chain_end;
  };

  Entry& SendEntry(uint64_t sequence) { return send_entries_[sequence & send_mask_]; }
  Entry& ReceiveEntry(uint64_t sequence) { return receive_entries_[sequence & receive_mask_]; }

  uint32_t CheckAndPost(bool allow_receives) noexcept;
  uint32_t CheckAll(size_t count, bool receives) noexcept;
  uint32_t CheckRecord(const OperationRecord& record, Operation* operation, Entry* entry) noexcept;
  uint32_t CheckRemote(const OperationRecord& record, uint32_t right, Operation* operation,
                       Entry* entry) noexcept;
  void EndChains(size_t count) noexcept;
  uint32_t Post(size_t count, bool receives) noexcept;
  uint32_t Await() noexcept;
  void Reap() noexcept;
  void RetireSend(const Completion& completion) noexcept;
  void RetireReceive(const Completion& completion) noexcept;
  void Unpin(const Entry& entry) noexcept;
  void Report(const Entry& entry, const Completion& completion, uint32_t status) noexcept;
  void FlushRest() noexcept;
  void WriteControl() noexcept;

  std::shared_ptr<DeviceState> device_;
  std::unique_ptr<ProviderQueuePair> queue_pair_;
  std::shared_ptr<EventSource> event_source_;
  Endpoint endpoint_;
  std::shared_ptr<QueuePairBuffers> buffers_;
  OperationRecord* const records_;
  CompletionRecord* const completions_;
  int32_t* const control_;
  const uint32_t send_depth_;
  const uint32_t receive_depth_;
  const uint64_t send_bytes_max_;
  const uint64_t send_mask_;
  const uint64_t receive_mask_;
  std::vector<Operation> operations_;
  std::vector<Entry> send_entries_;
  std::vector<Entry> receive_entries_;
  Completion batch_[kPollBatch];
  // Sequences from head (oldest in flight) to tail (next to post).
  uint64_t send_head_ = 0;
  uint64_t send_tail_ = 0;
  uint64_t receive_head_ = 0;
  uint64_t receive_tail_ = 0;
  size_t reported_ = 0;
  // The chain last submitted: [awaited_first_, awaited_last_].
  uint64_t awaited_first_ = 0;
  uint64_t awaited_last_ = 0;
  uint32_t awaited_status_ = kSuccess;
  bool awaited_done_ = true;
  // While spinning, the awaited chain's completions become the return value, not records.
  bool spinning_ = false;
  bool connected_ = false;
};

}  // namespace untorn

// A queue pair on shared memory. One-sided operations are copies by this core and complete before
// Post returns; messages go through the peer's inbox. Invariants, as on a reliable connection:
// operations happen in the order posted; after the first failure nothing moves any more, and
// everything ends with Flushed; a peer whose queue pair failed or closed does not answer.
//
// Closing waits until a peer that is amid a change of this side's memory has ended it: inbox.h has
// the argument.
//
// A peer that was killed cannot say so: its memory stays readable through the mapping. Messages
// notice by the doorbell's broken pipe; one-sided operations do not, the session above does.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../core/provider.h"
#include "inbox.h"

namespace untorn {

class SharedRemoteRegion;

class SharedQueuePair final : public ProviderQueuePair {
 public:
  static std::unique_ptr<SharedQueuePair> Create(const QueuePairOptions& options, Failure* failure);
  ~SharedQueuePair() override = default;

  const Endpoint& endpoint() const override { return endpoint_; }
  Failure Connect(const Endpoint& remote) override;
  size_t Post(const Operation* operations, size_t count, int* error_number) override;
  size_t PostReceive(const Operation* operations, size_t count, int* error_number) override;
  size_t Poll(Completion* completions, size_t max) override;
  Failure Arm() override;
  int event_fd() const override { return inbox_.doorbell_fd(); }
  void AcknowledgeEvents() override { inbox_.Silence(); }
  bool in_error() const override { return in_error_; }
  void Fail() override;
  bool Quiet() override;

 private:
  struct Receive {
    uint64_t sequence;
    uint8_t* landing;
    uint32_t length_bytes;
  };

  explicit SharedQueuePair(const QueuePairOptions& options);
  uint32_t Execute(const Operation& operation);
  uint32_t ExecuteRead(const Operation& operation, const SharedRemoteRegion& remote) const;
  static void ExecuteWrite(const Operation& operation, const SharedRemoteRegion& remote);
  static void ExecuteAtomic(const Operation& operation, const SharedRemoteRegion& remote);
  uint32_t Send(MessageKind kind, const uint8_t* bytes, uint32_t length_bytes, uint32_t immediate);
  uint32_t AwaitReady() const;
  uint32_t AwaitRoom() const;
  size_t PollReceives(Completion* completions, size_t max);
  void TakeMessage(Completion* completion);

  QueuePairOptions options_;
  Endpoint endpoint_;
  Inbox inbox_;
  PeerInbox peer_;
  // Completions of own operations, waiting to be polled: [head, tail).
  std::vector<Completion> completed_;
  uint64_t completed_mask_;
  uint64_t completed_head_ = 0;
  uint64_t completed_tail_ = 0;
  // Posted receives in order; as many as inbox_.outstanding().
  std::vector<Receive> receives_;
  uint64_t receive_head_ = 0;
  uint64_t receive_tail_ = 0;
  bool connected_ = false;
  bool in_error_ = false;
};

}  // namespace untorn

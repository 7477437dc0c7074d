// A reliable connection: one queue pair, one completion queue for both directions, one completion
// channel. Posting and polling allocate nothing: work requests live in arrays of the send and
// receive depth that are written anew for every post (the driver copies them before it returns).
//
// Sequences travel as work-request ids, receives with the top bit set, because on a failed
// completion verbs guarantees only id, status and queue-pair number. A failed completion of the
// send queue therefore comes back with opcode 0: the core knows it by sequence.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../core/provider.h"
#include "verbs_handles.h"

namespace untorn {

class VerbsQueuePair final : public ProviderQueuePair {
 public:
  // In state INIT, ready for receives and for Connect. `info` is the device's own.
  static std::unique_ptr<ProviderQueuePair> Create(const std::shared_ptr<VerbsContext>& context,
                                                   const DeviceInfo& info,
                                                   const QueuePairOptions& options,
                                                   Failure* failure);
  ~VerbsQueuePair() override;

  const Endpoint& endpoint() const override { return endpoint_; }
  Failure Connect(const Endpoint& remote) override;
  size_t Post(const Operation* operations, size_t count, int* error_number) override;
  size_t PostReceive(const Operation* operations, size_t count, int* error_number) override;
  size_t Poll(Completion* completions, size_t max) override;
  Failure Arm() override;
  int event_fd() const override { return channel_->fd; }
  void AcknowledgeEvents() override;
  bool in_error() const override;
  void Fail() override;

 private:
  struct SendWork {
    ibv_send_wr request;
    ibv_sge entry;
  };
  struct ReceiveWork {
    ibv_recv_wr request;
    ibv_sge entry;
  };

  VerbsQueuePair(std::shared_ptr<VerbsContext> context, const QueuePairOptions& options);
  Failure CreateQueues(const DeviceInfo& info);
  Failure DescribeEndpoint(const DeviceInfo& info);
  Failure ToInit(const DeviceInfo& info);
  Failure ToReadyToReceive(const Endpoint& remote, const ibv_gid& gid);
  Failure ToReadyToSend(const Endpoint& remote);
  uint8_t ReadDepth(const Endpoint& remote) const;
  void FillSend(const Operation& operation, SendWork* work) const;

  // Destroyed last to first: queue pair, completion queue, channel, then perhaps the context.
  std::shared_ptr<VerbsContext> context_;
  ChannelHandle channel_;
  CompletionQueueHandle completion_queue_;
  QueuePairHandle queue_pair_;
  QueuePairOptions options_;
  Endpoint endpoint_;
  bool ethernet_ = false;
  // READs and atomics execute in order without a fence, and a fence on them may hang.
  bool orders_reads_ = false;
  uint32_t inline_bytes_max_ = 0;
  std::vector<SendWork> sends_;
  std::vector<ReceiveWork> receives_;
  // Set once, never cleared: a queue pair does not come back from the error state.
  mutable bool in_error_ = false;
};

}  // namespace untorn

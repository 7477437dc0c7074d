// The data path of a reliable connection. ibv_post_send takes whole lists here and rings the
// doorbell once for each; the newer ibv_wr_* calls are not used, because rxe's are wrong for
// inline lists and several scatter entries in most installed libraries.
#include "queue_pair.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "failures.h"
#include "registration.h"

namespace untorn {
namespace {

constexpr uint64_t kReceiveBit = uint64_t{1} << 63;
// Completions taken from the queue at a time; bounds the stack, not the caller's maximum.
constexpr size_t kPollBatch = 16;

ibv_wr_opcode SendOpcode(Opcode opcode) {
  switch (opcode) {
    case Opcode::kRead:
      return IBV_WR_RDMA_READ;
    case Opcode::kWrite:
      return IBV_WR_RDMA_WRITE;
    case Opcode::kWriteWithImmediate:
      return IBV_WR_RDMA_WRITE_WITH_IMM;
    case Opcode::kCompareAndSwap:
      return IBV_WR_ATOMIC_CMP_AND_SWP;
    case Opcode::kFetchAndAdd:
      return IBV_WR_ATOMIC_FETCH_AND_ADD;
    default:
      return IBV_WR_SEND;
  }
}

// Valid for successful completions only.
Opcode CompletedOpcode(ibv_wc_opcode opcode) {
  switch (opcode) {
    case IBV_WC_RDMA_READ:
      return Opcode::kRead;
    case IBV_WC_RDMA_WRITE:
      // With and without immediate look the same; the core knows which by sequence.
      return Opcode::kWrite;
    case IBV_WC_COMP_SWAP:
      return Opcode::kCompareAndSwap;
    case IBV_WC_FETCH_ADD:
      return Opcode::kFetchAndAdd;
    case IBV_WC_RECV:
      return Opcode::kReceive;
    case IBV_WC_RECV_RDMA_WITH_IMM:
      return Opcode::kReceiveWithImmediate;
    default:
      return Opcode::kSend;
  }
}

ibv_sge EntryOf(const Operation& operation) {
  const auto& local = static_cast<const VerbsRegistration&>(*operation.local);
  return {local.address() + operation.local_offset, operation.length_bytes, local.local_key()};
}

}  // namespace

void VerbsQueuePair::FillSend(const Operation& operation, SendWork* work) const {
  ibv_send_wr& request = work->request;
  request.wr_id = operation.sequence;
  request.opcode = SendOpcode(operation.opcode);
  request.imm_data = 0;
  unsigned int flags = 0;
  const bool fetches = operation.opcode == Opcode::kRead ||
                       operation.opcode == Opcode::kCompareAndSwap ||
                       operation.opcode == Opcode::kFetchAndAdd;
  if ((operation.flags & kFence) && !(fetches && orders_reads_)) flags |= IBV_SEND_FENCE;
  if (operation.flags & kSignalled) flags |= IBV_SEND_SIGNALED;
  // No entry for no bytes: hardware may read a length of 0 as 2^31. No handle is needed either.
  request.num_sge = operation.length_bytes == 0 ? 0 : 1;
  request.sg_list = &work->entry;
  if (request.num_sge != 0) work->entry = EntryOf(operation);

  const auto* remote = static_cast<const VerbsRemoteRegion*>(operation.remote);
  switch (operation.opcode) {
    case Opcode::kCompareAndSwap:
    case Opcode::kFetchAndAdd:
      request.wr.atomic.remote_addr = remote->address() + operation.remote_offset;
      request.wr.atomic.rkey = remote->remote_key();
      request.wr.atomic.compare_add = operation.compare_or_add;
      request.wr.atomic.swap = operation.swap;
      break;
    case Opcode::kWriteWithImmediate:
      request.imm_data = htonl(operation.immediate);
      [[fallthrough]];
    case Opcode::kRead:
    case Opcode::kWrite:
      request.wr.rdma.remote_addr = remote->address() + operation.remote_offset;
      request.wr.rdma.rkey = remote->remote_key();
      break;
    default:
      break;
  }
  const bool sends_bytes = operation.opcode == Opcode::kWrite ||
                           operation.opcode == Opcode::kWriteWithImmediate ||
                           operation.opcode == Opcode::kSend;
  // Inline saves the NIC one read of host memory.
  if (sends_bytes && operation.length_bytes <= inline_bytes_max_) flags |= IBV_SEND_INLINE;
  request.send_flags = flags;
}

size_t VerbsQueuePair::Post(const Operation* operations, size_t count, int* error_number) {
  const size_t batch = std::min(count, sends_.size());
  if (batch < count) *error_number = ENOMEM;
  if (batch == 0) return 0;
  for (size_t i = 0; i < batch; ++i) {
    FillSend(operations[i], &sends_[i]);
    sends_[i].request.next = i + 1 < batch ? &sends_[i + 1].request : nullptr;
  }
  ibv_send_wr* refused = nullptr;
  const int error = ibv_post_send(queue_pair_.get(), &sends_[0].request, &refused);
  if (error == 0) return batch;
  *error_number = error;
  if (refused == nullptr) {
    // The doorbell failed after the driver had queued everything (rxe reports it so). The device
    // may still execute it: accepted, in the error state, so that the memory stays pinned.
    in_error_ = true;
    return batch;
  }
  size_t accepted = 0;
  while (accepted < batch && &sends_[accepted].request != refused) ++accepted;
  return accepted;
}

size_t VerbsQueuePair::PostReceive(const Operation* operations, size_t count, int* error_number) {
  const size_t batch = std::min(count, receives_.size());
  if (batch < count) *error_number = ENOMEM;
  if (batch == 0) return 0;
  for (size_t i = 0; i < batch; ++i) {
    ReceiveWork& work = receives_[i];
    work.request.wr_id = operations[i].sequence | kReceiveBit;
    work.request.next = i + 1 < batch ? &receives_[i + 1].request : nullptr;
    work.request.num_sge = operations[i].length_bytes == 0 ? 0 : 1;
    work.request.sg_list = &work.entry;
    if (work.request.num_sge != 0) work.entry = EntryOf(operations[i]);
  }
  ibv_recv_wr* refused = nullptr;
  const int error = ibv_post_recv(queue_pair_.get(), &receives_[0].request, &refused);
  if (error == 0) return batch;
  *error_number = error;
  size_t accepted = 0;
  while (accepted < batch && &receives_[accepted].request != refused) ++accepted;
  return accepted;
}

size_t VerbsQueuePair::Poll(Completion* completions, size_t max) {
  ibv_wc entries[kPollBatch];
  size_t total = 0;
  while (total < max) {
    const size_t wanted = std::min(max - total, kPollBatch);
    const int found = ibv_poll_cq(completion_queue_.get(), static_cast<int>(wanted), entries);
    if (found < 0) in_error_ = true;
    if (found <= 0) break;
    for (int i = 0; i < found; ++i) {
      const ibv_wc& entry = entries[i];
      Completion& completion = completions[total++];
      completion = {};
      completion.receive = (entry.wr_id & kReceiveBit) != 0;
      completion.sequence = entry.wr_id & ~kReceiveBit;
      completion.status = entry.status;
      if (entry.status != IBV_WC_SUCCESS) {
        in_error_ = true;
        completion.opcode = completion.receive ? Opcode::kReceive : Opcode{};
        completion.vendor_error = entry.vendor_err;
        continue;
      }
      completion.opcode = CompletedOpcode(entry.opcode);
      completion.length_bytes = entry.byte_len;
      if (entry.wc_flags & IBV_WC_WITH_IMM) completion.immediate = ntohl(entry.imm_data);
    }
    if (static_cast<size_t>(found) < wanted) break;
  }
  return total;
}

Failure VerbsQueuePair::Arm() {
  const int error = ibv_req_notify_cq(completion_queue_.get(), 0);
  return error == 0 ? Failure{} : SystemFailure("ibv_req_notify_cq", error, "arming a wake-up");
}

void VerbsQueuePair::AcknowledgeEvents() {
  unsigned int count = 0;
  for (;;) {
    ibv_cq* queue = nullptr;
    void* context = nullptr;
    // The channel's descriptor does not block: EAGAIN says that it is drained.
    if (ibv_get_cq_event(channel_.get(), &queue, &context) == 0) {
      ++count;
    } else if (errno != EINTR) {
      break;
    }
  }
  // One call for all: acknowledging takes a mutex. Without it ibv_destroy_cq waits for ever.
  if (count != 0) ibv_ack_cq_events(completion_queue_.get(), count);
}

bool VerbsQueuePair::in_error() const {
  if (in_error_) return true;
  // A peer's forbidden access moves this side to the error state without any completion, so the
  // device is asked. A system call: for state and close, not for the data path.
  ibv_qp_attr attributes{};
  ibv_qp_init_attr initial{};
  const int error = ibv_query_qp(queue_pair_.get(), &attributes, IBV_QP_STATE, &initial);
  in_error_ =
      error != 0 || attributes.qp_state == IBV_QPS_ERR || attributes.qp_state == IBV_QPS_SQE;
  return in_error_;
}

void VerbsQueuePair::Fail() {
  ibv_qp_attr attributes{};
  attributes.qp_state = IBV_QPS_ERR;
  // The only way this fails is a device that is gone, and then nothing completes anyway.
  ibv_modify_qp(queue_pair_.get(), &attributes, IBV_QP_STATE);
  in_error_ = true;
}

// What fences the peer: the device executes the peer's operations, and once ibv_destroy_qp has
// returned it knows no queue pair of that number any more. The kernel waits until nothing that it
// had begun for the queue pair is under way (rxe: its tasks have ended; adapters: their firmware
// says so), so that nothing lands in registered memory afterwards, whatever the peer still sends.
VerbsQueuePair::~VerbsQueuePair() {
  // Events read from the channel and not acknowledged would make ibv_destroy_cq wait for ever.
  // All reading is done there, and acknowledged there.
  if (completion_queue_) AcknowledgeEvents();
}

}  // namespace untorn

// Creates and connects a reliable connection: RESET → INIT → ready to receive → ready to send.
// Every transition's failure names itself, because errno alone (EINVAL for most) does not.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "device_info.h"
#include "failures.h"
#include "queue_pair.h"

namespace untorn {
namespace {

// Asked for and enough for every header word; more makes work-queue entries grow on hardware.
constexpr uint32_t kInlineBytes = 220;
// 0.64 ms before a peer without a posted receive is asked again (InfiniBand's table, entry 12).
constexpr uint8_t kReceiverNotReadyTimer = 12;
// 7 retries for ever: a peer that posts no receive would hang us instead of failing.
constexpr uint32_t kReceiverNotReadyRetriesMax = 6;
// The standard knows no "for ever" here, but rxe takes 7 for it, and then an operation on a peer
// that is gone never completes. One retry less elsewhere is no loss.
constexpr uint32_t kRetriesMax = 6;
constexpr uint8_t kHopLimit = 64;
constexpr uint32_t kNumberMask = 0xffffff;  // queue pair and packet numbers have 24 bits

Failure ArgumentFailure(const std::string& message) {
  return {"ERR_UNTORN_ARGUMENT", message, 0, ""};
}

Failure CheckOption(const char* name, uint32_t value, double min, double max) {
  if (value >= min && value <= max) return {};
  return ArgumentFailure(std::string(name) + " is " + std::to_string(value) +
                         "; this device takes " + std::to_string(static_cast<int64_t>(min)) +
                         " to " + std::to_string(static_cast<int64_t>(max)));
}

Failure CheckOptions(const QueuePairOptions& options, const DeviceInfo& info) {
  const double depth_max = info.limits.queue_depth_max;
  Failure failure = CheckOption("sendDepth", options.send_depth, 1, depth_max);
  if (!failure) failure = CheckOption("receiveDepth", options.receive_depth, 0, depth_max);
  if (!failure) {
    failure = CheckOption("port", options.port, 1, static_cast<double>(info.ports.size()));
  }
  // The address handle that verbs takes has 8 bits for it.
  if (!failure) failure = CheckOption("gidIndex", options.gid_index, 0, 255);
  if (!failure) failure = CheckOption("timeoutExponent", options.timeout_exponent, 0, 31);
  if (!failure) failure = CheckOption("retryCount", options.retry_count, 0, 7);
  if (!failure) {
    failure = CheckOption("rnrRetryCount", options.rnr_retry_count, 0, kReceiverNotReadyRetriesMax);
  }
  return failure;
}

Failure TransitionFailure(const char* transition, int error_number, const std::string& hint = "") {
  return SystemFailure("ibv_modify_qp", error_number, std::string("queue pair ") + transition,
                       hint);
}

// Random, so that packets of an earlier connection with the same numbers are not taken for ours.
uint32_t RandomPacketSequence() {
  uint32_t number = 0;
  while (getrandom(&number, sizeof number, 0) < 0 && errno == EINTR) {
  }
  return number & kNumberMask;
}

}  // namespace

VerbsQueuePair::VerbsQueuePair(std::shared_ptr<VerbsContext> context,
                               const QueuePairOptions& options)
    : context_(std::move(context)), options_(options) {
  sends_.resize(options.send_depth);
  receives_.resize(options.receive_depth);
}

std::unique_ptr<ProviderQueuePair> VerbsQueuePair::Create(
    const std::shared_ptr<VerbsContext>& context, const DeviceInfo& info,
    const QueuePairOptions& options, Failure* failure) {
  *failure = CheckOptions(options, info);
  if (*failure) return nullptr;
  std::unique_ptr<VerbsQueuePair> queue_pair(new VerbsQueuePair(context, options));
  *failure = queue_pair->CreateQueues(info);
  if (!*failure) *failure = queue_pair->DescribeEndpoint(info);
  if (!*failure) *failure = queue_pair->ToInit(info);
  if (*failure) return nullptr;
  return queue_pair;
}

Failure VerbsQueuePair::CreateQueues(const DeviceInfo& info) {
  ibv_context* context = context_->context.get();
  channel_.reset(ibv_create_comp_channel(context));
  if (!channel_) return SystemFailure("ibv_create_comp_channel", errno, "creating a queue pair");
  const int flags = fcntl(channel_->fd, F_GETFL);
  if (flags < 0 || fcntl(channel_->fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return SystemFailure("fcntl", errno, "making the completion channel non-blocking");
  }

  // Room for every operation of both queues: a completion queue never overflows.
  const uint32_t depth = options_.send_depth + options_.receive_depth;
  completion_queue_.reset(
      ibv_create_cq(context, static_cast<int>(depth), nullptr, channel_.get(), 0));
  if (!completion_queue_) {
    return PinningFailure("ibv_create_cq", errno,
                          "creating a completion queue of " + std::to_string(depth) + " entries",
                          depth * sizeof(ibv_wc));
  }

  const auto device_inline = static_cast<uint32_t>(info.limits.inline_bytes_max);
  for (const uint32_t inline_bytes : {std::min(kInlineBytes, device_inline), 0u}) {
    ibv_qp_init_attr attributes{};
    attributes.send_cq = completion_queue_.get();
    attributes.recv_cq = completion_queue_.get();
    attributes.qp_type = IBV_QPT_RC;
    attributes.sq_sig_all = 0;
    attributes.cap = {options_.send_depth, std::max(options_.receive_depth, 1u), 1, 1,
                      inline_bytes};
    queue_pair_.reset(ibv_create_qp(context_->protection_domain.get(), &attributes));
    inline_bytes_max_ = attributes.cap.max_inline_data;
    if (queue_pair_) return {};
    // Deep queues and inline data compete for the same work-queue memory: go without.
    if (errno != EINVAL && errno != ENOMEM) break;
  }
  return PinningFailure("ibv_create_qp", errno, "creating a queue pair",
                        depth * sizeof(ibv_send_wr));
}

Failure VerbsQueuePair::DescribeEndpoint(const DeviceInfo& info) {
  ibv_context* context = context_->context.get();
  const auto number = static_cast<uint8_t>(options_.port);
  const std::string where =
      "port " + std::to_string(options_.port) + " of RDMA device " + info.name;
  ibv_port_attr port{};
  if (const int error = ibv_query_port(context, number, &port); error != 0) {
    return SystemFailure("ibv_query_port", error, where);
  }
  if (port.state != IBV_PORT_ACTIVE && port.state != IBV_PORT_ACTIVE_DEFER) {
    return {"ERR_UNTORN_CONNECT",
            where + " is not active; bring its link up, or take another port (see `rdma link`)", 0,
            ""};
  }
  ethernet_ = port.link_layer == IBV_LINK_LAYER_ETHERNET;
  // rxe executes one queue pair's READs and atomics in order. A fence adds nothing there, and after
  // a retransmission a fenced READ can stay in flight for ever, without any error (seen on Linux
  // 6.1, and not in the same chains without the fence).
  orders_reads_ = info.driver == "rxe";
  ibv_gid_entry gid{};
  if (const int error = ibv_query_gid_ex(context, number, options_.gid_index, &gid, 0);
      error != 0) {
    return {"ERR_UNTORN_NO_GID",
            where + " has no GID at index " + std::to_string(options_.gid_index), error,
            "ibv_query_gid_ex"};
  }
  endpoint_.queue_pair_number = queue_pair_->qp_num;
  endpoint_.packet_sequence = RandomPacketSequence();
  endpoint_.lid = port.lid;
  endpoint_.gid = GidText(gid.gid);
  endpoint_.gid_index = options_.gid_index;
  endpoint_.mtu_bytes = ToMtuBytes(port.active_mtu);
  endpoint_.read_depth = static_cast<uint32_t>(std::clamp(info.limits.read_depth_max, 0.0, 255.0));
  return {};
}

Failure VerbsQueuePair::ToInit(const DeviceInfo& info) {
  ibv_qp_attr attributes{};
  attributes.qp_state = IBV_QPS_INIT;
  attributes.pkey_index = 0;
  attributes.port_num = static_cast<uint8_t>(options_.port);
  // What peers may do is decided region by region; the connection stands in nobody's way.
  attributes.qp_access_flags = IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE;
  if (info.limits.atomics != "none") attributes.qp_access_flags |= IBV_ACCESS_REMOTE_ATOMIC;
  const int error =
      ibv_modify_qp(queue_pair_.get(), &attributes,
                    IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
  return error == 0 ? Failure{} : TransitionFailure("RESET → INIT", error);
}

Failure VerbsQueuePair::Connect(const Endpoint& remote) {
  ibv_gid gid{};
  const bool has_gid = !remote.gid.empty();
  if (has_gid && inet_pton(AF_INET6, remote.gid.c_str(), gid.raw) != 1) {
    return ArgumentFailure("the peer's GID is no IPv6 address: " + remote.gid);
  }
  if (ethernet_ && !has_gid) {
    return ArgumentFailure("the peer sent no GID, and an Ethernet link needs one");
  }
  if (!ethernet_ && remote.lid > UINT16_MAX) {
    return ArgumentFailure("the peer's LID is out of range: " + std::to_string(remote.lid));
  }
  if (remote.queue_pair_number == 0 || remote.queue_pair_number > kNumberMask ||
      remote.packet_sequence > kNumberMask) {
    return ArgumentFailure("the peer's queue-pair or packet number does not fit 24 bits");
  }
  if (remote.mtu_bytes < 256) {
    return ArgumentFailure("the peer's path MTU is " + std::to_string(remote.mtu_bytes) +
                           " bytes; the least there is is 256");
  }
  Failure failure = ToReadyToReceive(remote, gid);
  if (!failure) failure = ToReadyToSend(remote);
  return failure;
}

// READs and atomics outstanding in either direction: what both ends can keep.
uint8_t VerbsQueuePair::ReadDepth(const Endpoint& remote) const {
  return static_cast<uint8_t>(std::min(remote.read_depth, endpoint_.read_depth));
}

Failure VerbsQueuePair::ToReadyToReceive(const Endpoint& remote, const ibv_gid& gid) {
  ibv_qp_attr attributes{};
  attributes.qp_state = IBV_QPS_RTR;
  attributes.path_mtu = FromMtuBytes(std::min(remote.mtu_bytes, endpoint_.mtu_bytes));
  attributes.dest_qp_num = remote.queue_pair_number;
  attributes.rq_psn = remote.packet_sequence;
  attributes.max_dest_rd_atomic = ReadDepth(remote);
  attributes.min_rnr_timer = kReceiverNotReadyTimer;
  attributes.ah_attr.port_num = static_cast<uint8_t>(options_.port);
  attributes.ah_attr.dlid = static_cast<uint16_t>(remote.lid);
  // Ethernet always routes by GID; InfiniBand may, and has to between subnets.
  if (!remote.gid.empty()) {
    attributes.ah_attr.is_global = 1;
    attributes.ah_attr.grh.dgid = gid;
    attributes.ah_attr.grh.sgid_index = static_cast<uint8_t>(options_.gid_index);
    attributes.ah_attr.grh.hop_limit = kHopLimit;
  }
  const int error =
      ibv_modify_qp(queue_pair_.get(), &attributes,
                    IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                        IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
  if (error == 0) return {};
  return TransitionFailure("INIT → RTR", error,
                           "the usual cause is that GID " + endpoint_.gid + " (index " +
                               std::to_string(options_.gid_index) + ") cannot reach the peer's " +
                               remote.gid + ": choose a GID of the network that both share");
}

Failure VerbsQueuePair::ToReadyToSend(const Endpoint& remote) {
  ibv_qp_attr attributes{};
  attributes.qp_state = IBV_QPS_RTS;
  attributes.timeout = static_cast<uint8_t>(options_.timeout_exponent);
  attributes.retry_cnt = static_cast<uint8_t>(std::min(options_.retry_count, kRetriesMax));
  attributes.rnr_retry = static_cast<uint8_t>(options_.rnr_retry_count);
  attributes.sq_psn = endpoint_.packet_sequence;
  attributes.max_rd_atomic = ReadDepth(remote);
  const int error = ibv_modify_qp(queue_pair_.get(), &attributes,
                                  IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
                                      IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
  return error == 0 ? Failure{} : TransitionFailure("RTR → RTS", error);
}

}  // namespace untorn

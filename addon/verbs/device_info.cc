// Queries an opened device. All calls here read; the queue pair of ProbeQueuePair is never
// connected and is gone when the function returns.
#include "device_info.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "failures.h"
#include "kernel_devices.h"
#include "verbs_handles.h"

namespace untorn {
namespace {

// Inline sizes to ask for, best first: a device that has less refuses instead of lowering it.
// 220 is what every mlx5 generation grants without growing its work-queue entries much. More is
// never asked for, so a device may be reported as having less than it has.
constexpr uint32_t kInlineBytesWanted[] = {220, 64, 0};

const char* PortStateText(ibv_port_state state) {
  switch (state) {
    case IBV_PORT_NOP:
      return "nop";
    case IBV_PORT_DOWN:
      return "down";
    case IBV_PORT_INIT:
      return "init";
    case IBV_PORT_ARMED:
      return "armed";
    case IBV_PORT_ACTIVE:
      return "active";
    case IBV_PORT_ACTIVE_DEFER:
      return "active defer";
  }
  return "unknown";
}

const char* LinkLayerText(const ibv_context& context, uint8_t link_layer) {
  if (link_layer == IBV_LINK_LAYER_ETHERNET) return "Ethernet";
  if (link_layer == IBV_LINK_LAYER_INFINIBAND) return "InfiniBand";
  // Drivers older than the field leave it unspecified, and the transport decides.
  return context.device->transport_type == IBV_TRANSPORT_IB ? "InfiniBand" : "Ethernet";
}

const char* GidTypeText(uint32_t type) {
  switch (type) {
    case IBV_GID_TYPE_IB:
      return "IB";
    case IBV_GID_TYPE_ROCE_V1:
      return "RoCE v1";
    case IBV_GID_TYPE_ROCE_V2:
      return "RoCE v2";
  }
  return "unknown";
}

const char* AtomicsText(ibv_atomic_cap atomics) {
  switch (atomics) {
    case IBV_ATOMIC_NONE:
      return "none";
    case IBV_ATOMIC_HCA:
      return "hca";
    case IBV_ATOMIC_GLOB:
      return "global";
  }
  return "none";
}

std::string InterfaceName(uint32_t index) {
  char name[IF_NAMESIZE];
  return index != 0 && if_indextoname(index, name) != nullptr ? name : "";
}

// Appends every valid GID to the port it belongs to.
void DescribeGids(ibv_context* context, size_t entries_max, std::vector<Port>* ports) {
  std::vector<ibv_gid_entry> entries(entries_max);
  const ssize_t count = ibv_query_gid_table(context, entries.data(), entries.size(), 0);
  for (ssize_t i = 0; i < count; ++i) {
    const ibv_gid_entry& entry = entries[static_cast<size_t>(i)];
    for (Port& port : *ports) {
      if (port.number != entry.port_num) continue;
      port.gids.push_back({entry.gid_index, GidTypeText(entry.gid_type), GidText(entry.gid),
                           InterfaceName(entry.ndev_ifindex)});
    }
  }
}

// Old libraries lack the function, and naming it would make them refuse to load this object;
// hence the look-up in the library that is loaded already.
uint32_t QueryDataInOrder(ibv_qp* queue_pair) {
  using Query = int (*)(ibv_qp*, ibv_wr_opcode, uint32_t);
  void* library = dlopen("libibverbs.so.1", RTLD_NOLOAD | RTLD_LAZY);
  if (library == nullptr) return 0;
  const auto query = reinterpret_cast<Query>(dlsym(library, "ibv_query_qp_data_in_order"));
  const int answer = query == nullptr ? 0 : query(queue_pair, IBV_WR_RDMA_READ, 0);
  dlclose(library);
  return answer > 0 ? 1 : 0;
}

// Learns inline size and data order from a queue pair that is never connected. Where none can be
// made (out of resources), both keep their safe value of 0.
void ProbeQueuePair(ibv_context* context, ibv_pd* protection_domain, Limits* limits) {
  const CompletionQueueHandle queue(ibv_create_cq(context, 2, nullptr, nullptr, 0));
  if (!queue) return;
  for (const uint32_t inline_bytes : kInlineBytesWanted) {
    ibv_qp_init_attr attributes{};
    attributes.send_cq = queue.get();
    attributes.recv_cq = queue.get();
    attributes.qp_type = IBV_QPT_RC;
    attributes.cap = {1, 1, 1, 1, inline_bytes};
    const QueuePairHandle queue_pair(ibv_create_qp(protection_domain, &attributes));
    if (!queue_pair) continue;
    limits->inline_bytes_max = attributes.cap.max_inline_data;
    limits->data_in_order = QueryDataInOrder(queue_pair.get());
    return;
  }
}

Limits DescribeLimits(const ibv_device_attr& attributes) {
  Limits limits{};
  limits.queue_pairs_max = attributes.max_qp;
  // One completion queue takes the completions of both directions of a queue pair.
  limits.queue_depth_max = std::min(attributes.max_qp_wr, attributes.max_cqe);
  limits.regions_max = attributes.max_mr;
  limits.region_bytes_max = static_cast<double>(attributes.max_mr_size);
  limits.scatter_entries_max = attributes.max_sge;
  limits.read_depth_max = std::min(attributes.max_qp_rd_atom, attributes.max_qp_init_rd_atom);
  limits.atomics = AtomicsText(attributes.atomic_cap);
  return limits;
}

}  // namespace

uint32_t ToMtuBytes(ibv_mtu mtu) {
  return mtu >= IBV_MTU_256 && mtu <= IBV_MTU_4096 ? 128u << mtu : 0;
}

ibv_mtu FromMtuBytes(uint32_t bytes) {
  int mtu = IBV_MTU_4096;
  while (mtu > IBV_MTU_256 && (128u << mtu) > bytes) --mtu;
  return static_cast<ibv_mtu>(mtu);
}

std::string GidText(const ibv_gid& gid) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, gid.raw, text, sizeof text) != nullptr ? text : "";
}

DeviceInfo DescribeDevice(ibv_context* context, ibv_pd* protection_domain, Failure* failure) {
  DeviceInfo info;
  info.provider = "verbs";
  info.name = ibv_get_device_name(context->device);
  ibv_device_attr_ex attributes{};
  if (const int error = ibv_query_device_ex(context, nullptr, &attributes); error != 0) {
    *failure = SystemFailure("ibv_query_device", error, "RDMA device " + info.name);
    return info;
  }
  info.driver = KernelDriver(info.name, attributes.orig_attr.vendor_id);
  info.firmware = attributes.orig_attr.fw_ver;
  info.limits = DescribeLimits(attributes.orig_attr);

  size_t gid_entries = 0;
  for (uint32_t number = 1; number <= attributes.orig_attr.phys_port_cnt; ++number) {
    ibv_port_attr port{};
    const int error = ibv_query_port(context, static_cast<uint8_t>(number), &port);
    if (error != 0) {
      *failure = SystemFailure("ibv_query_port", error,
                               "port " + std::to_string(number) + " of RDMA device " + info.name);
      return info;
    }
    gid_entries += static_cast<size_t>(std::max(port.gid_tbl_len, 0));
    info.ports.push_back({number,
                          PortStateText(port.state),
                          LinkLayerText(*context, port.link_layer),
                          ToMtuBytes(port.active_mtu),
                          port.lid,
                          {}});
    // The smallest of the ports, so that it holds whichever one is used.
    const double send_bytes = port.max_msg_sz;
    info.limits.send_bytes_max =
        number == 1 ? send_bytes : std::min(info.limits.send_bytes_max, send_bytes);
  }
  DescribeGids(context, gid_entries, &info.ports);
  ProbeQueuePair(context, protection_domain, &info.limits);
  return info;
}

}  // namespace untorn

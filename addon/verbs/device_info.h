// Turns what verbs reports of an opened device into the provider's plain data.
#pragma once

#include <infiniband/verbs.h>

#include <string>

#include "../core/provider.h"

namespace untorn {

// Ports, GIDs and limits of an opened device. Creates and destroys a queue pair, because inline
// size and data order are told of queue pairs only.
DeviceInfo DescribeDevice(ibv_context* context, ibv_pd* protection_domain, Failure* failure);

// Bytes of a path MTU and back. FromMtuBytes rounds down; 0 bytes or nonsense gives 256.
uint32_t ToMtuBytes(ibv_mtu mtu);
ibv_mtu FromMtuBytes(uint32_t bytes);

// IPv6 text form of a GID, IPv4-mapped ones as `::ffff:10.0.0.1`.
std::string GidText(const ibv_gid& gid);

}  // namespace untorn

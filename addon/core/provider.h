// The seam between the core and a provider. The core owns everything that is the same for all:
// the Node-API objects, handle tables, bounds and rights checks, pins, retiring, the event loop.
// A provider only registers memory and moves bytes. No Node-API type crosses this line, so that
// the verbs provider can live in a shared object of its own that links libibverbs and is loaded
// on first use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "records.h"

namespace untorn {

enum Access : uint32_t { kLocalWrite = 1, kRemoteRead = 2, kRemoteWrite = 4, kRemoteAtomic = 8 };

// Control-path failure. `code` is ERR_UNTORN_*; empty = no error.
struct Failure {
  std::string code;
  std::string message;
  int error_number = 0;
  std::string syscall;
  explicit operator bool() const { return !code.empty(); }
};

struct Gid {
  uint32_t index;
  std::string type;
  std::string address;
  std::string interface;
};

struct Port {
  uint32_t number;
  std::string state;
  std::string link_layer;
  uint32_t mtu_bytes;
  uint32_t lid;
  std::vector<Gid> gids;
};

struct Limits {
  double queue_pairs_max, queue_depth_max, regions_max, region_bytes_max, scatter_entries_max,
      read_depth_max, inline_bytes_max, send_bytes_max;
  std::string atomics;
  uint32_t data_in_order;
};

struct DeviceInfo {
  std::string provider, name, driver, firmware;
  std::vector<Port> ports;
  Limits limits;
};

// What a peer needs to reach a region. Fields of the other provider stay at their defaults.
struct RegionDescriptor {
  uint64_t length_bytes = 0;
  uint32_t access = 0;
  int64_t pid = 0;
  int32_t fd = -1;
  std::string inode;
  // Shared memory: number of the window, 0 for the whole region.
  uint64_t window = 0;
  uint32_t remote_key = 0;
  // Shared memory: of a window, its first byte in the region.
  uint64_t address = 0;
};

struct Endpoint {
  int64_t pid = 0;
  int32_t fd = -1;
  std::string inode;
  int32_t doorbell_fd = -1;
  uint32_t queue_pair_number = 0;
  uint32_t packet_sequence = 0;
  uint32_t lid = 0;
  std::string gid;
  uint32_t gid_index = 0;
  uint32_t mtu_bytes = 0;
  uint32_t read_depth = 0;
};

struct QueuePairOptions {
  uint32_t send_depth, receive_depth, port, gid_index, timeout_exponent, retry_count,
      rnr_retry_count;
};

// Memory shared by a registration and the ArrayBuffer over it; the last one frees it.
class Memory {
 public:
  virtual ~Memory() = default;
  virtual uint8_t* data() const = 0;
  virtual size_t size() const = 0;
};

// A local registration. Destroying it deregisters; the Memory may live on.
class Registration {
 public:
  virtual ~Registration() = default;
  virtual const std::shared_ptr<Memory>& memory() const = 0;
  virtual const RegionDescriptor& descriptor() const = 0;
};

// Rights to a part of a registration by a key of its own. Destroying it invalidates the key; it is
// destroyed before its registration.
class Window {
 public:
  virtual ~Window() = default;
  virtual const RegionDescriptor& descriptor() const = 0;
};

// A peer's region or window, imported.
class RemoteRegion {
 public:
  virtual ~RemoteRegion() = default;
  virtual uint64_t length_bytes() const = 0;
  virtual uint32_t access() const = 0;
};

// One operation with its handles resolved and all checks passed.
struct Operation {
  Opcode opcode;
  uint32_t flags;  // kSignalled is set by the core where it needs a completion
  Registration* local;
  uint64_t local_offset;
  RemoteRegion* remote;  // null for send and receive
  uint64_t remote_offset;
  uint32_t length_bytes;
  uint32_t immediate;
  uint64_t compare_or_add;
  uint64_t swap;
  uint64_t sequence;  // comes back in Completion
};

// `sequence` is that of the operation; one completion may stand for earlier unsignalled ones.
struct Completion {
  uint64_t sequence;
  uint32_t status;
  Opcode opcode;
  uint32_t length_bytes;
  uint32_t immediate;
  uint32_t vendor_error;
  bool receive;  // of the receive queue
};

class ProviderQueuePair {
 public:
  virtual ~ProviderQueuePair() = default;  // destroys; everything posted is flushed or dropped
  virtual const Endpoint& endpoint() const = 0;
  virtual Failure Connect(const Endpoint& remote) = 0;
  // Posts in order. Returns how many were accepted; fewer than `count` sets *error_number.
  virtual size_t Post(const Operation* operations, size_t count, int* error_number) = 0;
  virtual size_t PostReceive(const Operation* operations, size_t count, int* error_number) = 0;
  virtual size_t Poll(Completion* completions, size_t max) = 0;
  // One wake-up of event_fd at the next completion. -1 from event_fd: completion is immediate.
  virtual Failure Arm() = 0;
  virtual int event_fd() const = 0;
  // Drains and acknowledges every event.
  virtual void AcknowledgeEvents() = 0;
  virtual bool in_error() const = 0;
  virtual void Fail() = 0;  // moves to the error state
  // Asked after Fail(): whether nothing that the peer posted touches memory of this process any
  // more. Providers whose destructor sees to that say yes at once.
  virtual bool Quiet() { return true; }
};

class ProviderDevice {
 public:
  virtual ~ProviderDevice() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual std::unique_ptr<Registration> Register(size_t bytes, uint32_t access, bool huge_pages,
                                                 Failure* failure) = 0;
  // [offset, offset + bytes) lies inside the registration; both are multiples of 8.
  virtual std::unique_ptr<Window> OpenWindow(Registration* registration, uint64_t offset,
                                             uint64_t bytes, uint32_t access, Failure* failure) = 0;
  virtual std::unique_ptr<RemoteRegion> Import(const RegionDescriptor& descriptor,
                                               Failure* failure) = 0;
  virtual std::unique_ptr<ProviderQueuePair> CreateQueuePair(const QueuePairOptions& options,
                                                             Failure* failure) = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual std::vector<DeviceInfo> List(Failure* failure) = 0;
  virtual std::unique_ptr<ProviderDevice> Open(const std::string& name, Failure* failure) = 0;
};

// The one symbol that the verbs shared object exports.
using CreateProviderFunction = Provider* (*)();
inline constexpr char kVerbsProviderSymbol[] = "untorn_create_verbs_provider";

}  // namespace untorn

// What the smoke test's cases share: counting checks, making two connected queue pairs, waiting
// with a bound.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "../../core/provider.h"

namespace untorn {

inline constexpr auto kWaitMax = std::chrono::seconds(10);

inline int checks_failed = 0;
inline int checks_passed = 0;

inline void Check(bool passed, const std::string& what) {
  ++(passed ? checks_passed : checks_failed);
  if (!passed) std::fprintf(stderr, "FAILED: %s\n", what.c_str());
}

inline void CheckNone(const Failure& failure, const std::string& what) {
  Check(!failure, what + ": " + failure.code + " " + failure.message);
}

inline void CheckCode(const Failure& failure, const std::string& code) {
  Check(failure.code == code, "expected " + code + ", got '" + failure.code + "'");
  std::printf("  %s: %s\n", failure.code.c_str(), failure.message.c_str());
}

// One side of a connection: a queue pair, its region, and that region as the other side sees it.
struct Side {
  std::unique_ptr<Registration> region;
  std::unique_ptr<RemoteRegion> seen_by_peer;
  std::unique_ptr<ProviderQueuePair> queue_pair;
  uint8_t* bytes() const { return region->memory()->data(); }
  uint64_t* words() const { return reinterpret_cast<uint64_t*>(bytes()); }
};

struct Pair {
  Side near, far;
};

inline constexpr size_t kRegionBytes = 65536;
inline constexpr uint32_t kAllRights = kLocalWrite | kRemoteRead | kRemoteWrite | kRemoteAtomic;

// Index of the first GID that belongs to an IPv4 address, or else the first of all.
inline uint32_t ChooseGid(const DeviceInfo& info) {
  for (const Gid& gid : info.ports[0].gids) {
    if (gid.type == "RoCE v2" && gid.address.rfind("::ffff:", 0) == 0) return gid.index;
  }
  return info.ports[0].gids.empty() ? 0 : info.ports[0].gids[0].index;
}

inline QueuePairOptions DefaultOptions(const DeviceInfo& info) {
  return {64, 64, 1, ChooseGid(info), 10, 2, 2};
}

inline Side MakeSide(ProviderDevice* device, uint32_t access) {
  Side side;
  Failure failure;
  side.region = device->Register(kRegionBytes, access, false, &failure);
  CheckNone(failure, "Register");
  if (failure) std::exit(1);
  side.seen_by_peer = device->Import(side.region->descriptor(), &failure);
  CheckNone(failure, "Import");
  side.queue_pair = device->CreateQueuePair(DefaultOptions(device->info()), &failure);
  CheckNone(failure, "CreateQueuePair");
  if (failure) std::exit(1);
  return side;
}

inline Pair MakePair(ProviderDevice* device, uint32_t far_access = kAllRights) {
  Pair pair{MakeSide(device, kAllRights), MakeSide(device, far_access)};
  CheckNone(pair.near.queue_pair->Connect(pair.far.queue_pair->endpoint()), "Connect near");
  CheckNone(pair.far.queue_pair->Connect(pair.near.queue_pair->endpoint()), "Connect far");
  return pair;
}

inline Operation MakeOperation(Opcode opcode, uint64_t sequence, const Side& local,
                               const Side* remote, uint32_t length) {
  Operation operation{};
  operation.opcode = opcode;
  operation.flags = kSignalled;
  operation.local = local.region.get();
  operation.remote = remote == nullptr ? nullptr : remote->seen_by_peer.get();
  operation.length_bytes = length;
  operation.sequence = sequence;
  return operation;
}

inline void MustPost(const Side& side, const std::vector<Operation>& operations) {
  int error = 0;
  const size_t accepted = side.queue_pair->Post(operations.data(), operations.size(), &error);
  Check(accepted == operations.size(), "Post accepted all, errno " + std::to_string(error));
}

inline void MustReceive(const Side& side, const std::vector<Operation>& operations) {
  int error = 0;
  const size_t accepted =
      side.queue_pair->PostReceive(operations.data(), operations.size(), &error);
  Check(accepted == operations.size(), "PostReceive accepted all, errno " + std::to_string(error));
}

// Spins for the next completion; one with status 255 stands for none in time.
inline Completion Await(const Side& side) {
  const auto end = std::chrono::steady_clock::now() + kWaitMax;
  Completion completion{};
  do {
    if (side.queue_pair->Poll(&completion, 1) == 1) return completion;
  } while (std::chrono::steady_clock::now() < end);
  completion = {};
  completion.status = 255;
  return completion;
}

inline void CheckCompletion(const Completion& completion, uint64_t sequence, uint32_t status,
                            const std::string& what) {
  Check(completion.sequence == sequence && completion.status == status,
        what + ": sequence " + std::to_string(completion.sequence) + ", status " +
            std::to_string(completion.status));
}

}  // namespace untorn

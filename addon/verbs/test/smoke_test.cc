// Drives the verbs provider through its one exported symbol, without Node: two queue pairs of one
// device talk to each other. Usage: untorn_verbs_smoke PATH_OF_untorn_verbs.so [DEVICE]
// Exit status 0 passed, 1 failed, 77 skipped because no device could be opened.
//
// Method: every operation is checked by the bytes it leaves behind and by its completion; every
// failure by its status. Waits are bounded, so a lost completion fails instead of hanging.
#include <dlfcn.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "smoke_fixture.h"

namespace untorn {
namespace {

constexpr int kExitSkipped = 77;
void TestOneSided(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  const Side &near = pair.near, &far = pair.far;
  for (size_t i = 0; i < kRegionBytes; ++i) far.bytes()[i] = static_cast<uint8_t>(i * 7 + i / 256);

  MustPost(near, {MakeOperation(Opcode::kRead, 1, near, &far, kRegionBytes)});
  const Completion read = Await(near);
  CheckCompletion(read, 1, kSuccess, "read");
  Check(read.opcode == Opcode::kRead && !read.receive, "read's opcode");
  Check(std::memcmp(near.bytes(), far.bytes(), kRegionBytes) == 0, "read's bytes");

  // Unsignalled inline write, then a fenced read of what it wrote: one completion for both.
  std::memset(near.bytes(), 0x5a, 32);
  Operation write = MakeOperation(Opcode::kWrite, 2, near, &far, 32);
  write.flags = 0;
  write.remote_offset = 4096;
  Operation read_back = MakeOperation(Opcode::kRead, 3, near, &far, 32);
  read_back.flags = kSignalled | kFence;
  read_back.local_offset = 8192;
  read_back.remote_offset = 4096;
  MustPost(near, {write, read_back});
  CheckCompletion(Await(near), 3, kSuccess, "fenced read after unsignalled write");
  Check(std::memcmp(near.bytes() + 8192, near.bytes(), 32) == 0, "read-back bytes");

  // A write too long for inline, and one of no bytes at all.
  std::memset(near.bytes(), 0x77, 20000);
  MustPost(near, {MakeOperation(Opcode::kWrite, 4, near, &far, 20000),
                  MakeOperation(Opcode::kWrite, 5, near, &far, 0)});
  CheckCompletion(Await(near), 4, kSuccess, "long write");
  CheckCompletion(Await(near), 5, kSuccess, "empty write");
  Check(std::memcmp(far.bytes(), near.bytes(), 20000) == 0, "long write's bytes");
}

void TestAtomics(ProviderDevice* device) {
  if (device->info().limits.atomics == "none") return;
  const Pair pair = MakePair(device);
  const Side &near = pair.near, &far = pair.far;
  far.words()[1] = 41;
  Operation add = MakeOperation(Opcode::kFetchAndAdd, 1, near, &far, 8);
  add.remote_offset = 8;
  add.compare_or_add = 1;
  Operation swap = MakeOperation(Opcode::kCompareAndSwap, 2, near, &far, 8);
  swap.local_offset = 8;
  swap.remote_offset = 8;
  swap.compare_or_add = 42;
  swap.swap = 0x1122334455667788;
  Operation no_swap = swap;
  no_swap.sequence = 3;
  no_swap.local_offset = 16;
  MustPost(near, {add, swap, no_swap});
  const Completion added = Await(near);
  CheckCompletion(added, 1, kSuccess, "fetch-and-add");
  Check(added.opcode == Opcode::kFetchAndAdd, "fetch-and-add's opcode");
  CheckCompletion(Await(near), 2, kSuccess, "compare-and-swap");
  CheckCompletion(Await(near), 3, kSuccess, "compare-and-swap that does not match");
  Check(near.words()[0] == 41 && near.words()[1] == 42, "values before the atomics");
  Check(near.words()[2] == 0x1122334455667788, "value before the failed swap");
  Check(far.words()[1] == 0x1122334455667788, "value after the swap");
}

void TestMessages(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  const Side &near = pair.near, &far = pair.far;
  Operation first = MakeOperation(Opcode::kReceive, 10, far, nullptr, 512);
  Operation second = MakeOperation(Opcode::kReceive, 11, far, nullptr, 0);
  MustReceive(far, {first, second});
  std::memcpy(near.bytes(), "hello", 5);
  Operation write = MakeOperation(Opcode::kWriteWithImmediate, 2, near, &far, 5);
  write.remote_offset = 1024;
  write.immediate = 0xdeadbeef;
  MustPost(near, {MakeOperation(Opcode::kSend, 1, near, nullptr, 5), write});
  CheckCompletion(Await(near), 1, kSuccess, "send");
  CheckCompletion(Await(near), 2, kSuccess, "write with immediate");
  const Completion message = Await(far);
  CheckCompletion(message, 10, kSuccess, "receive");
  Check(message.receive && message.opcode == Opcode::kReceive && message.length_bytes == 5,
        "receive's fields");
  Check(std::memcmp(far.bytes(), "hello", 5) == 0, "receive's bytes");
  const Completion notified = Await(far);
  CheckCompletion(notified, 11, kSuccess, "receive of a write with immediate");
  Check(notified.receive && notified.opcode == Opcode::kReceiveWithImmediate &&
            notified.immediate == 0xdeadbeef && notified.length_bytes == 5,
        "immediate in host order");
  Check(std::memcmp(far.bytes() + 1024, "hello", 5) == 0, "write with immediate's bytes");
}

void TestRemoteAccess(ProviderDevice* device) {
  const Pair pair = MakePair(device, kRemoteRead);
  const Side &near = pair.near, &far = pair.far;
  // The rest of the chain is flushed, unsignalled operations included.
  Operation after = MakeOperation(Opcode::kRead, 2, near, &far, 8);
  after.flags = 0;
  MustPost(near, {MakeOperation(Opcode::kWrite, 1, near, &far, 8), after});
  CheckCompletion(Await(near), 1, kRemoteAccess, "write without the right");
  CheckCompletion(Await(near), 2, kFlushed, "operation after the failed one");
  Check(near.queue_pair->in_error(), "near side in error");
  Check(far.queue_pair->in_error(), "far side in error, noticed without a completion");
}

void TestWrongKey(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  RegionDescriptor descriptor = pair.far.region->descriptor();
  descriptor.remote_key ^= 0x5a5a00;
  Failure failure;
  const auto stranger = device->Import(descriptor, &failure);
  CheckNone(failure, "Import of a wrong key");
  Operation read = MakeOperation(Opcode::kRead, 1, pair.near, nullptr, 8);
  read.remote = stranger.get();
  MustPost(pair.near, {read});
  CheckCompletion(Await(pair.near), 1, kRemoteAccess, "read with a wrong key");
}

void TestDeregistered(ProviderDevice* device) {
  Pair pair = MakePair(device);
  pair.far.bytes()[0] = 99;
  const std::shared_ptr<Memory> memory = pair.far.region->memory();
  pair.far.region.reset();
  Check(memory->data()[0] == 99, "memory outlives its registration");
  MustPost(pair.near, {MakeOperation(Opcode::kRead, 1, pair.near, &pair.far, 8)});
  CheckCompletion(Await(pair.near), 1, kRemoteAccess, "read of a closed region");
}

void TestReceiverNotReady(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  MustPost(pair.near, {MakeOperation(Opcode::kSend, 1, pair.near, nullptr, 8)});
  CheckCompletion(Await(pair.near), 1, kReceiverNotReady, "send without a receive");
}

void TestFail(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  MustReceive(pair.far, {MakeOperation(Opcode::kReceive, 7, pair.far, nullptr, 64)});
  Check(!pair.far.queue_pair->in_error(), "not in error before Fail");
  pair.far.queue_pair->Fail();
  const Completion flushed = Await(pair.far);
  CheckCompletion(flushed, 7, kFlushed, "receive after Fail");
  Check(flushed.receive, "flushed receive is of the receive queue");
  Check(pair.far.queue_pair->in_error(), "in error after Fail");
  // Its peer gets no answer any more.
  MustPost(pair.near, {MakeOperation(Opcode::kRead, 1, pair.near, &pair.far, 8)});
  CheckCompletion(Await(pair.near), 1, kRetryExceeded, "read from a failed peer");
}

// The most retries still end: 7 would be for ever on some devices.
void TestPeerGone(ProviderDevice* device) {
  Side near = MakeSide(device, kAllRights), far = MakeSide(device, kAllRights);
  QueuePairOptions options = DefaultOptions(device->info());
  options.retry_count = 7;
  Failure failure;
  near.queue_pair = device->CreateQueuePair(options, &failure);
  CheckNone(failure, "CreateQueuePair");
  CheckNone(near.queue_pair->Connect(far.queue_pair->endpoint()), "Connect near");
  CheckNone(far.queue_pair->Connect(near.queue_pair->endpoint()), "Connect far");
  far.queue_pair.reset();
  MustPost(near, {MakeOperation(Opcode::kRead, 1, near, &far, 8)});
  CheckCompletion(Await(near), 1, kRetryExceeded, "read from a peer that is gone");
}

void TestQueueFull(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  std::vector<Operation> operations(
      65, MakeOperation(Opcode::kRead, 1, pair.near, &pair.far, kRegionBytes));
  int error = 0;
  const size_t accepted = pair.near.queue_pair->Post(operations.data(), operations.size(), &error);
  Check(accepted == 64 && error == ENOMEM, "posts up to the depth");
  for (size_t i = 0; i < accepted; ++i) CheckCompletion(Await(pair.near), 1, kSuccess, "full");
}

bool Readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

// Arm, poll, sleep: the event comes for completions after arming, once per arming.
void TestEvents(ProviderDevice* device) {
  const Pair pair = MakePair(device);
  const Side &near = pair.near, &far = pair.far;
  const int fd = near.queue_pair->event_fd();
  for (uint64_t round = 1; round <= 50; ++round) {
    CheckNone(near.queue_pair->Arm(), "Arm");
    Completion completion{};
    Check(near.queue_pair->Poll(&completion, 1) == 0, "nothing before the post");
    MustPost(near, {MakeOperation(Opcode::kRead, round, near, &far, 8)});
    Check(Readable(fd, 5000), "woken by the completion");
    near.queue_pair->AcknowledgeEvents();
    CheckCompletion(Await(near), round, kSuccess, "completion after the event");
    Check(!Readable(fd, 0), "no event left");
  }
  MustPost(near, {MakeOperation(Opcode::kRead, 99, near, &far, 8)});
  CheckCompletion(Await(near), 99, kSuccess, "unarmed");
  Check(!Readable(fd, 0), "no event without arming");
  // Destroyed with an event that nobody read: must not hang.
  CheckNone(near.queue_pair->Arm(), "Arm");
  MustPost(near, {MakeOperation(Opcode::kRead, 100, near, &far, 8)});
  Check(Readable(fd, 5000), "an event to leave behind");
}

void TestFailures(Provider* provider, ProviderDevice* device) {
  Failure failure;
  Check(!provider->Open("no-such-device", &failure), "unknown device");
  CheckCode(failure, "ERR_UNTORN_NO_DEVICE");

  QueuePairOptions options = DefaultOptions(device->info());
  options.gid_index = 200;
  failure = {};
  Check(!device->CreateQueuePair(options, &failure), "unknown GID index");
  CheckCode(failure, "ERR_UNTORN_NO_GID");
  options = DefaultOptions(device->info());
  options.send_depth = 1u << 30;
  failure = {};
  Check(!device->CreateQueuePair(options, &failure), "too deep");
  CheckCode(failure, "ERR_UNTORN_ARGUMENT");

  failure = {};
  const auto queue_pair = device->CreateQueuePair(DefaultOptions(device->info()), &failure);
  CheckNone(failure, "CreateQueuePair");
  Endpoint remote = queue_pair->endpoint();
  remote.gid = "nonsense";
  CheckCode(queue_pair->Connect(remote), "ERR_UNTORN_ARGUMENT");

  failure = {};
  Check(!device->Register(0, kRemoteRead, false, &failure), "empty region");
  CheckCode(failure, "ERR_UNTORN_ARGUMENT");
  failure = {};
  Check(!device->Register(size_t{1} << 40, kRemoteRead, true, &failure), "huge pages");
  CheckCode(failure, "ERR_UNTORN_HUGE_PAGES");
  failure = {};
  Check(!device->Import(RegionDescriptor{}, &failure), "empty descriptor");
  CheckCode(failure, "ERR_UNTORN_ARGUMENT");
}

// Without the privilege to lock memory the limit counts, and the failure names it. Last of all
// tests: the privilege does not come back.
void TestMemoryLimit(ProviderDevice* device) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  const rlimit limit{65536, 65536};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || syscall(SYS_capset, &header, data) != 0) return;
  Failure failure;
  Check(!device->Register(1 << 20, kRemoteRead, false, &failure), "beyond the limit");
  CheckCode(failure, "ERR_UNTORN_MEMLOCK");
}

// Registrations and queue pairs keep the device's context alive.
void TestLifetimes(Provider* provider, const std::string& name) {
  Failure failure;
  auto device = provider->Open(name, &failure);
  CheckNone(failure, "Open");
  const Pair pair = MakePair(device.get());
  device.reset();
  MustPost(pair.near, {MakeOperation(Opcode::kRead, 1, pair.near, &pair.far, 64)});
  CheckCompletion(Await(pair.near), 1, kSuccess, "read after the device's handle is gone");
}

void PrintDevice(const DeviceInfo& info) {
  const Limits& limits = info.limits;
  std::printf("%s: driver %s, firmware '%s', atomics %s, in order %u\n", info.name.c_str(),
              info.driver.c_str(), info.firmware.c_str(), limits.atomics.c_str(),
              limits.data_in_order);
  std::printf("  depth %.0f, read depth %.0f, inline %.0f, scatter %.0f, send %.0f, region %.0f\n",
              limits.queue_depth_max, limits.read_depth_max, limits.inline_bytes_max,
              limits.scatter_entries_max, limits.send_bytes_max, limits.region_bytes_max);
  for (const Port& port : info.ports) {
    std::printf("  port %u: %s, %s, MTU %u, lid %u\n", port.number, port.state.c_str(),
                port.link_layer.c_str(), port.mtu_bytes, port.lid);
    for (const Gid& gid : port.gids) {
      std::printf("    gid %u: %s %s (%s)\n", gid.index, gid.type.c_str(), gid.address.c_str(),
                  gid.interface.c_str());
    }
  }
}

int Run(const char* library_path, const char* wanted) {
  void* library = dlopen(library_path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const auto create =
      reinterpret_cast<CreateProviderFunction>(dlsym(library, kVerbsProviderSymbol));
  if (create == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const std::unique_ptr<Provider> provider(create());
  Failure failure;
  const std::vector<DeviceInfo> devices = provider->List(&failure);
  for (const DeviceInfo& info : devices) PrintDevice(info);
  if (failure) std::printf("%s: %s\n", failure.code.c_str(), failure.message.c_str());
  const std::string name = wanted != nullptr ? wanted : devices.empty() ? "" : devices[0].name;
  const auto device = provider->Open(name, &failure);
  if (!device) {
    std::printf("skipped: %s\n", failure.message.c_str());
    return kExitSkipped;
  }
  TestOneSided(device.get());
  TestAtomics(device.get());
  TestMessages(device.get());
  TestRemoteAccess(device.get());
  TestWrongKey(device.get());
  TestDeregistered(device.get());
  TestReceiverNotReady(device.get());
  TestFail(device.get());
  TestPeerGone(device.get());
  TestQueueFull(device.get());
  TestEvents(device.get());
  TestFailures(provider.get(), device.get());
  TestLifetimes(provider.get(), name);
  TestMemoryLimit(device.get());
  std::printf("%d checks passed, %d failed\n", checks_passed, checks_failed);
  return checks_failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace untorn

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s PATH_OF_untorn_verbs.so [DEVICE]\n", arguments[0]);
    return 1;
  }
  return untorn::Run(arguments[1], count > 2 ? arguments[2] : nullptr);
}

#include "inbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace untorn {
namespace {

// "untornQP", little endian.
constexpr uint64_t kInboxMagic = 0x5051'6e72'6f74'6e75;
constexpr uint32_t kInboxVersion = 3;
constexpr size_t kLineBytes = 64;

size_t LengthsBytes(uint32_t depth) {
  return (depth * sizeof(uint32_t) + kLineBytes - 1) / kLineBytes * kLineBytes;
}

size_t InboxBytes(uint32_t depth) {
  return kHeaderBytes + LengthsBytes(depth) + depth * kSlotBytes;
}

std::atomic_ref<uint32_t> LengthOf(uint8_t* base, uint32_t index) {
  return std::atomic_ref<uint32_t>(reinterpret_cast<uint32_t*>(base + kHeaderBytes)[index]);
}

uint8_t* SlotOf(uint8_t* base, uint32_t depth, uint32_t index) {
  return base + kHeaderBytes + LengthsBytes(depth) + index * kSlotBytes;
}

// A full pipe has rung already; a broken one has nobody to wake.
void Ring(int fd) {
  const uint8_t bell = 1;
  while (write(fd, &bell, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace

Failure Inbox::Create(uint32_t receives) {
  const uint32_t depth = std::bit_ceil(receives);
  if (Failure failure = CreateSharedFile("untorn-inbox", InboxBytes(depth), false, &file_)) {
    return failure;
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return SystemFailure("pipe2", errno, "creating a doorbell");
  }
  doorbell_read_ = Descriptor(ends[0]);
  doorbell_write_ = Descriptor(ends[1]);
  struct stat status;
  if (fstat(ends[0], &status) != 0) {
    return SystemFailure("fstat", errno, "identifying a doorbell");
  }
  auto* header = new (file_.mapping.base()) InboxHeader{};
  header->magic = kInboxMagic;
  header->version = kInboxVersion;
  header->depth = depth;
  header->doorbell_inode = status.st_ino;
  header->posted.store(kInboxFirstCount, std::memory_order_relaxed);
  header->produced.store(kInboxFirstCount, std::memory_order_relaxed);
  depth_ = depth;
  return {};
}

Inbox::~Inbox() {
  if (depth_ != 0) SetState(kInboxClosed);
}

void Inbox::SetState(InboxState state) { header()->state.store(state, std::memory_order_release); }

bool Inbox::Quiet() const {
  // Pairs with Enter(): see (1).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return header()->busy.load(std::memory_order_acquire) == 0;
}

void Inbox::PostReceive(uint32_t length_bytes) {
  LengthOf(file_.mapping.base(), posted_ % depth_).store(length_bytes, std::memory_order_relaxed);
  // Release: the length is there before the receive is. Pairs with room().
  header()->posted.store(++posted_, std::memory_order_release);
}

uint32_t Inbox::available() const {
  // Acquire: the message is there once it is counted. Pairs with Produce().
  return header()->produced.load(std::memory_order_acquire) - consumed_;
}

Message Inbox::Front() const {
  const uint8_t* slot = SlotOf(file_.mapping.base(), depth_, consumed_ % depth_);
  // Volatile: read once, checked, and then that very value used.
  const auto* header = reinterpret_cast<const volatile MessageHeader*>(slot);
  return {header->kind, header->length_bytes, header->immediate, slot + sizeof(MessageHeader)};
}

void Inbox::Arm() {
  // Sequentially consistent, as the peer's count and its look at `armed`: either the peer sees
  // that it must ring, or the look at the inbox that follows here sees the message.
  header()->armed.store(1, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Inbox::RingSelf() { Ring(doorbell_write_.get()); }

void Inbox::Silence() {
  uint8_t bells[256];
  // A full pipe holds 65,536: a peer that goes on ringing must not keep the loop here.
  for (int round = 0; round < 256; ++round) {
    const ssize_t taken = read(doorbell_read_.get(), bells, sizeof bells);
    if (taken < static_cast<ssize_t>(sizeof bells) && !(taken < 0 && errno == EINTR)) return;
  }
}

Failure PeerInbox::Open(int64_t pid, int32_t fd, const std::string& inode, int32_t doorbell_fd) {
  if (Failure failure = OpenSharedFile(pid, fd, inode, true, &mapping_)) return failure;
  auto* header = reinterpret_cast<InboxHeader*>(mapping_.base());
  const uint32_t depth = *static_cast<const volatile uint32_t*>(&header->depth);
  if (header->magic != kInboxMagic || header->version != kInboxVersion ||
      !std::has_single_bit(depth) || depth > kInboxDepthMax ||
      InboxBytes(depth) > mapping_.bytes()) {
    return {"ERR_UNTORN_PEER_LOST",
            "the memory of process " + std::to_string(pid) + " is not the inbox of a queue pair", 0,
            ""};
  }
  Failure failure = OpenPeerPipe(pid, doorbell_fd, header->doorbell_inode, &doorbell_);
  if (failure) return failure;
  uint32_t nobody = 0;
  if (!header->claimed.compare_exchange_strong(nobody, 1)) {
    return {"ERR_UNTORN_BUSY", "another queue pair is connected to that endpoint already", 0, ""};
  }
  depth_ = depth;
  header_ = header;
  return {};
}

bool PeerInbox::Enter() {
  header_->busy.store(1, std::memory_order_seq_cst);
  if (header_->state.load(std::memory_order_seq_cst) == kInboxReady) [[likely]]
    return true;
  Leave();
  return false;
}

void PeerInbox::Leave() { header_->busy.store(0, std::memory_order_release); }

uint32_t PeerInbox::next_length_bytes() const {
  return LengthOf(mapping_.base(), produced_ % depth_).load(std::memory_order_relaxed);
}

void PeerInbox::Produce(MessageKind kind, const uint8_t* bytes, uint32_t length_bytes,
                        uint32_t immediate) {
  uint8_t* slot = SlotOf(mapping_.base(), depth_, produced_ % depth_);
  auto* message = reinterpret_cast<MessageHeader*>(slot);
  message->kind = kind;
  message->length_bytes = length_bytes;
  message->immediate = immediate;
  if (kind == kMessageBytes && length_bytes != 0) {
    std::memcpy(slot + sizeof(MessageHeader), bytes, length_bytes);
  }
  // Release: pairs with available(). Sequentially consistent: pairs with Arm().
  header_->produced.store(++produced_, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (header_->armed.load(std::memory_order_seq_cst) != 0 && header_->armed.exchange(0) != 0) {
    Ring(doorbell_.get());
  }
}

bool PeerInbox::alive() const {
  pollfd end{doorbell_.get(), 0, 0};
  return poll(&end, 1, 0) == 0 || (end.revents & (POLLERR | POLLNVAL)) == 0;
}

}  // namespace untorn

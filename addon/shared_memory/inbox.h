// The inbox of a queue pair: where its one peer leaves messages. One producer (the peer), one
// consumer (the owner), in memory that both can write and either may stop using at any instant.
//
//   page 0: header                              then: lengths of posted receives, slots
//   owner's line:  state, posted, armed         u32[depth], padded to a line
//   peer's line:   produced, busy               depth × { kind, length, immediate, pad | bytes }
//
// A message goes into slot `produced % depth`, which stands for the receive of the same number;
// the peer may produce while `produced < posted`. Counts wrap, so the depth is a power of two; they
// start shortly before that, so that no program is the first to see it. Neither side believes the
// other: the owner keeps its own copies of everything it writes, and both check every number that
// they read.
//
// Whoever closes must know when the last byte of its peer has landed, and it is the peer's own core
// that copies. So the peer says when it changes the owner's memory:
//  (1) The peer stores busy := 1, then loads `state`, and changes memory only when that is ready;
//      then it stores busy := 0. The owner stores `state`, then loads `busy`. All four of the first
//      kind are sequentially consistent, and no order of them has both look before the other has
//      stored: either the peer sees that it must not, or the owner sees that it must wait.
//  (2) busy := 0 is a release, the owner's load an acquire: what the peer changed is there, and
//  what
//      the owner stores from then on is not overwritten.
//  (3) A peer that has died changes nothing: the kernel closes a process's descriptors when its
//  last
//      thread has stopped, so its broken doorbell proves it. One that was stopped in the middle is
//      neither: the owner cannot know, and says so.
//  (4) READs change nothing and are not waited for. The reader looks at `state` again when it has
//      copied: bytes that were stored after the owner had closed come with a state that says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "shared_file.h"

namespace untorn {

inline constexpr uint32_t kSlotPayloadBytes = 4096;
inline constexpr uint32_t kInboxDepthMax = 16384;
inline constexpr uint32_t kInboxFirstCount = 0xffff'ff00;

enum InboxState : uint32_t { kInboxInit = 0, kInboxReady = 1, kInboxError = 2, kInboxClosed = 3 };

enum MessageKind : uint32_t {
  kMessageBytes = 1,
  kMessageImmediate = 2,  // of a write with immediate: no bytes, length is the write's
  kMessageOverlong = 3,   // longer than the receive it met
};

struct InboxHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t depth;
  uint64_t doorbell_inode;
  // The first peer to connect takes it: 0 → 1.
  std::atomic<uint32_t> claimed;
  alignas(64) std::atomic<uint32_t> state;
  std::atomic<uint32_t> posted;
  std::atomic<uint32_t> armed;
  alignas(64) std::atomic<uint32_t> produced;
  std::atomic<uint32_t> busy;
};
static_assert(sizeof(InboxHeader) <= kHeaderBytes);

struct MessageHeader {
  uint32_t kind;
  uint32_t length_bytes;
  uint32_t immediate;
  uint32_t reserved[13];
};
static_assert(sizeof(MessageHeader) == 64);

inline constexpr size_t kSlotBytes = sizeof(MessageHeader) + kSlotPayloadBytes;

struct Message {
  uint32_t kind;
  uint32_t length_bytes;
  uint32_t immediate;
  const uint8_t* bytes;
};

// Owner's side. Posted receives are counted by the queue pair; this holds memory and doorbell.
class Inbox {
 public:
  // Room for at least that many receives.
  Failure Create(uint32_t receives);
  ~Inbox();

  const std::string& inode() const { return file_.inode; }
  int memory_fd() const { return file_.descriptor.get(); }
  // Readable end: what the event loop waits on, and what the peer opens for writing.
  int doorbell_fd() const { return doorbell_read_.get(); }

  void SetState(InboxState state);
  // After a state that is not ready: whether the peer, by its own word, changes nothing any more.
  bool Quiet() const;
  // Tells the peer of one more receive, of that many bytes.
  void PostReceive(uint32_t length_bytes);
  // Receives posted and not yet taken.
  uint32_t outstanding() const { return posted_ - consumed_; }
  // Messages waiting, by the peer's word; `outstanding() + 1` or more is garbage.
  uint32_t available() const;
  // Only when 0 < available() ≤ outstanding(). Valid until Consume.
  Message Front() const;
  void Consume() { ++consumed_; }
  // Flushed receives: taken without a message.
  void ConsumeAll() { consumed_ = posted_; }

  // The peer rings at its next message.
  void Arm();
  void RingSelf();
  void Silence();

 private:
  InboxHeader* header() const { return reinterpret_cast<InboxHeader*>(file_.mapping.base()); }

  SharedFile file_;
  Descriptor doorbell_read_;
  Descriptor doorbell_write_;
  uint32_t depth_ = 0;
  uint32_t posted_ = kInboxFirstCount;
  uint32_t consumed_ = kInboxFirstCount;
};

// Peer's side.
class PeerInbox {
 public:
  // ERR_UNTORN_BUSY when another queue pair took it.
  Failure Open(int64_t pid, int32_t fd, const std::string& inode, int32_t doorbell_fd);

  // Before and after an operation that changes the owner's memory; when Enter says no, there is
  // none.
  bool Enter();
  void Leave();

  bool ready() const { return header_->state.load(std::memory_order_acquire) == kInboxReady; }
  uint32_t state() const { return header_->state.load(std::memory_order_acquire); }
  // Receives that a message may take; more than the depth when the numbers are garbage.
  uint32_t room() const { return header_->posted.load(std::memory_order_acquire) - produced_; }
  uint32_t depth() const { return depth_; }
  // Of the next receive, by its owner's word.
  uint32_t next_length_bytes() const;
  // Only when 0 < room() ≤ depth(). `bytes` may be null for kinds without payload.
  void Produce(MessageKind kind, const uint8_t* bytes, uint32_t length_bytes, uint32_t immediate);
  // Whether somebody still holds the other end of the doorbell: false when the process is gone.
  bool alive() const;

 private:
  Mapping mapping_;
  Descriptor doorbell_;
  InboxHeader* header_ = nullptr;
  uint32_t depth_ = 0;
  uint32_t produced_ = kInboxFirstCount;
};

}  // namespace untorn

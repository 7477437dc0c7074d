// Handles instead of addresses: what JavaScript writes into an operation record is an index and a
// tag. A handle that was closed, made up, or belongs to another device is noticed, because each
// entry of each table of an environment carries another tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace untorn {

// 31 bits, so that a handle stays a small integer in V8 and is never negative as an int32.
inline constexpr uint32_t kHandleIndexBits = 17;
inline constexpr uint32_t kHandleTagBits = 14;
inline constexpr uint32_t kHandlesMax = 1u << kHandleIndexBits;

// One per environment: successive entries, in whichever table, differ in their tags.
class HandleTags {
 public:
  explicit HandleTags(uint32_t seed) : last_(seed) {}

  // 1 … 2^14 − 1: a handle is never 0.
  uint32_t Next() {
    last_ = last_ % ((1u << kHandleTagBits) - 1) + 1;
    return last_;
  }

 private:
  uint32_t last_;
};

// `Slot` has a default constructor and a member `uint32_t handle`, 0 while the slot is free.
template <typename Slot>
class HandleTable {
 public:
  explicit HandleTable(HandleTags* tags) : tags_(tags) {}

  // Null when the handle is stale, foreign or 0.
  Slot* Find(uint32_t handle) {
    const uint32_t index = IndexOf(handle);
    if (index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.handle == handle && handle != 0 ? &slot : nullptr;
  }

  static uint32_t IndexOf(uint32_t handle) { return handle & (kHandlesMax - 1); }
  Slot& at(uint32_t index) { return slots_[index]; }
  size_t used() const { return slots_.size() - free_.size(); }
  bool full() const { return used() >= kHandlesMax; }

  // Only when not full. Invalidates pointers to slots, not indices.
  uint32_t Insert(Slot slot) {
    uint32_t index;
    if (!free_.empty()) {
      // First freed, first used again: the longest time before a slot's tag can recur.
      index = free_.front();
      free_.pop_front();
    } else {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    }
    slot.handle = tags_->Next() << kHandleIndexBits | index;
    slots_[index] = std::move(slot);
    return slots_[index].handle;
  }

  void Remove(uint32_t index) {
    slots_[index] = Slot{};
    free_.push_back(index);
  }

  template <typename Visit>
  void ForEach(Visit visit) {
    for (uint32_t index = 0; index < slots_.size(); ++index) {
      if (slots_[index].handle != 0) visit(index, slots_[index]);
    }
  }

 private:
  HandleTags* tags_;
  std::vector<Slot> slots_;
  std::deque<uint32_t> free_;
};

}  // namespace untorn

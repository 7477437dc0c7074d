// Memory layout shared with TypeScript: mirrors src/fabric/operation-ring.ts and status.ts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace untorn {

enum class Opcode : uint32_t {
  kRead = 1,
  kWrite = 2,
  kWriteWithImmediate = 3,
  kCompareAndSwap = 4,
  kFetchAndAdd = 5,
  kSend = 6,
  kReceive = 7,
  kReceiveWithImmediate = 8,  // completions only
};

enum OperationFlags : uint32_t { kFence = 1, kSignalled = 2, kChainEnd = 4 };
enum CompletionFlags : uint32_t { kCompletionChainEnd = 1 };

// 0–23 are ibv_wc_status.
enum Status : uint32_t {
  kSuccess = 0,
  kLocalLength = 1,
  kLocalQueuePair = 2,
  kLocalProtection = 4,
  kFlushed = 5,
  kBadResponse = 7,
  kLocalAccess = 8,
  kRemoteInvalidRequest = 9,
  kRemoteAccess = 10,
  kRemoteOperation = 11,
  kRetryExceeded = 12,
  kReceiverNotReady = 13,
  kGeneral = 21,
  kPending = 64,
  kSendQueueFull = 65,
  kReceiveQueueFull = 66,
  kOutOfBounds = 67,
  kAccessDenied = 68,
  kUnknownRegion = 69,
  kBadOperation = 70,
  kMisaligned = 71,
  kNotConnected = 72,
  kClosedStatus = 73,
  kMessageTooLong = 74,
  kPostFailed = 75,
};

struct OperationRecord {
  uint32_t opcode;
  uint32_t flags;
  uint32_t local_region;
  uint32_t remote_region;
  double local_offset;
  double remote_offset;
  uint32_t length_bytes;
  uint32_t immediate;
  uint64_t compare_or_add;
  uint64_t swap;
  uint32_t id;
  uint32_t reserved;
};
static_assert(sizeof(OperationRecord) == 64);
static_assert(offsetof(OperationRecord, length_bytes) == 32);
static_assert(offsetof(OperationRecord, id) == 56);

struct CompletionRecord {
  uint32_t id;
  uint32_t status;
  uint32_t opcode;
  uint32_t length_bytes;
  uint32_t immediate;
  uint32_t flags;
  uint32_t vendor_error;
  uint32_t reserved;
};
static_assert(sizeof(CompletionRecord) == 32);

enum ControlWord : size_t {
  kControlCount = 0,
  kControlBudgetUs = 1,
  kControlRejectedIndex = 2,
  kControlReapedCount = 3,
  kControlVendorError = 4,
  kControlFailedOpcode = 5,
  kControlInFlight = 6,
  kControlWords = 16,
};

}  // namespace untorn

// Control-path failures of the verbs provider: each names the call, what it returned and, where
// the cause is known, the remedy.
#pragma once

#include <string>

#include "../core/provider.h"

namespace untorn {

// ERR_UNTORN_SYSTEM: "WHAT: SYSCALL failed: REASON (errno N)", then the hint, if any.
Failure SystemFailure(const std::string& syscall, int error_number, const std::string& what,
                      const std::string& hint = "");

// ENOMEM of a call that pins memory: ERR_UNTORN_MEMLOCK with limit, need and remedy where the
// locked-memory limit can be the cause, ERR_UNTORN_SYSTEM otherwise.
Failure PinningFailure(const std::string& syscall, int error_number, const std::string& what,
                       size_t need_bytes);

// The device is there but may not be opened: names the rights that are missing.
Failure OpenFailure(const std::string& device, const std::string& node, int error_number);

// The kernel has the device, libibverbs does not offer it: names the part that is missing.
Failure NotOfferedFailure(const std::string& device);

}  // namespace untorn

// The wording of control-path failures. Nothing here decides what fails, only what is said.
#include "failures.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace untorn {
namespace {

// strerror is not thread-safe, and workers call this at the same time.
std::string Reason(int error_number) {
  return std::generic_category().message(error_number) + " (errno " + std::to_string(error_number) +
         ")";
}

// Memory this process has pinned already, KiB; counts against the same limit. 0 if unknown.
uint64_t PinnedKib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmPin:") continue;
    uint64_t kib = 0;
    status >> kib;
    return kib;
  }
  return 0;
}

}  // namespace

Failure SystemFailure(const std::string& syscall, int error_number, const std::string& what,
                      const std::string& hint) {
  std::string message = what + ": " + syscall + " failed: " + Reason(error_number);
  if (!hint.empty()) message += "; " + hint;
  return {"ERR_UNTORN_SYSTEM", message, error_number, syscall};
}

Failure PinningFailure(const std::string& syscall, int error_number, const std::string& what,
                       size_t need_bytes) {
  rlimit limit{};
  const bool limited = error_number == ENOMEM && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
                       limit.rlim_cur != RLIM_INFINITY;
  if (!limited) return SystemFailure(syscall, error_number, what);
  const std::string message =
      what + ": " + syscall + " failed: " + Reason(error_number) +
      ". The locked-memory limit of this process is " + std::to_string(limit.rlim_cur / 1024) +
      " KiB, " + std::to_string(PinnedKib()) + " KiB are pinned already and this needs " +
      std::to_string((need_bytes + 1023) / 1024) +
      " KiB more; raise it with `ulimit -l unlimited`, LimitMEMLOCK=infinity in the service unit, "
      "or --ulimit memlock=-1 for a container";
  return {"ERR_UNTORN_MEMLOCK", message, error_number, syscall};
}

Failure OpenFailure(const std::string& device, const std::string& node, int error_number) {
  const std::string path = "/dev/infiniband/" + node;
  // libibverbs tries again another way when it may not open the node, and then reports ENOENT of
  // that; so the node is asked itself. Effective rights, as open() judges.
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) error_number = errno;
  std::string hint;
  if (error_number == EACCES || error_number == EPERM) {
    hint = "this user needs read and write permission on " + path +
           " (rdma-core's udev rules give it mode 0666; a container needs --device=" + path + ")";
  } else if (error_number == ENOENT || error_number == ENXIO || error_number == ENODEV) {
    hint = path +
           " is missing or stale: load the kernel module (modprobe ib_uverbs), or pass "
           "--device=" +
           path + " to the container";
  }
  return SystemFailure("ibv_open_device", error_number, "cannot open RDMA device " + device, hint);
}

Failure NotOfferedFailure(const std::string& device) {
  return {"ERR_UNTORN_VERBS_UNAVAILABLE",
          "the kernel has RDMA device " + device +
              ", but libibverbs does not offer it: either its user-space driver is not installed "
              "(Debian: apt-get install ibverbs-providers), or its node in /dev/infiniband is "
              "missing (modprobe ib_uverbs; in a container pass --device=/dev/infiniband)",
          0, "ibv_get_device_list"};
}

}  // namespace untorn

#include "shared_file.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace untorn {
namespace {

constexpr size_t kHugePageBytes = size_t{2} << 20;
// Growing is forbidden too: nobody has a reason to.
constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

std::string InodeText(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

Failure PeerLost(int64_t pid, const std::string& why, int error_number, const char* syscall) {
  return {"ERR_UNTORN_PEER_LOST",
          "process " + std::to_string(pid) + " no longer has the memory that it described: " + why,
          error_number, syscall};
}

Failure HugePagesFailure(size_t bytes, int error_number, const char* syscall) {
  return {"ERR_UNTORN_HUGE_PAGES",
          "no " + std::to_string(bytes / kHugePageBytes) + " free huge pages of 2 MiB (" +
              std::strerror(error_number) + "); reserve some with `sysctl vm.nr_hugepages=N`",
          error_number, syscall};
}

Failure OpenPeerDescriptor(int64_t pid, int32_t fd, int flags, Descriptor* descriptor) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  // Whatever the peer has there is opened before it can be looked at: without O_NONBLOCK a pipe
  // would keep this thread waiting for a writer.
  *descriptor = Descriptor(open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (descriptor->get() >= 0) return {};
  const int error_number = errno;
  // ENXIO: a pipe that nobody reads any more.
  if (error_number == ENOENT || error_number == ESRCH || error_number == ENXIO) {
    return PeerLost(pid, path + ": " + std::strerror(error_number), error_number, "open");
  }
  Failure failure = SystemFailure("open", error_number, "opening " + path);
  if (error_number == EACCES || error_number == EPERM) {
    failure.message += "; both processes must run as the same user";
  }
  return failure;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

Mapping::Mapping(Mapping&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

Failure SystemFailure(const char* syscall, int error_number, const std::string& doing) {
  return {"ERR_UNTORN_SYSTEM", doing + ": " + syscall + ": " + std::strerror(error_number),
          error_number, syscall};
}

Failure CreateSharedFile(const char* name, size_t total_bytes, bool huge_pages, SharedFile* file) {
  const size_t unit = huge_pages ? kHugePageBytes : static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t bytes = RoundUp(total_bytes, unit);
  unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  if (huge_pages) flags |= MFD_HUGETLB | MFD_HUGE_2MB;
  Descriptor descriptor(memfd_create(name, flags));
  if (descriptor.get() < 0) {
    const int error_number = errno;
    if (huge_pages) return HugePagesFailure(bytes, error_number, "memfd_create");
    return SystemFailure("memfd_create", error_number, "creating shared memory");
  }
  if (ftruncate(descriptor.get(), static_cast<off_t>(bytes)) != 0) {
    const int error_number = errno;
    if (huge_pages) return HugePagesFailure(bytes, error_number, "ftruncate");
    return SystemFailure("ftruncate", error_number, "sizing shared memory");
  }
  if (fcntl(descriptor.get(), F_ADD_SEALS, kSizeSeals | F_SEAL_SEAL) != 0) {
    return SystemFailure("fcntl", errno, "sealing shared memory");
  }
  // Populated: the first access of each page would otherwise cost a fault on the data path.
  void* base =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor.get(), 0);
  if (base == MAP_FAILED) {
    const int error_number = errno;
    if (huge_pages) return HugePagesFailure(bytes, error_number, "mmap");
    return SystemFailure("mmap", error_number, "mapping shared memory");
  }
  file->mapping = Mapping(base, bytes);
  struct stat status;
  if (fstat(descriptor.get(), &status) != 0) {
    return SystemFailure("fstat", errno, "identifying shared memory");
  }
  file->inode = InodeText(status);
  file->descriptor = std::move(descriptor);
  return {};
}

Failure OpenSharedFile(int64_t pid, int32_t fd, const std::string& inode, bool writable,
                       Mapping* mapping) {
  Descriptor descriptor;
  if (Failure failure = OpenPeerDescriptor(pid, fd, writable ? O_RDWR : O_RDONLY, &descriptor)) {
    return failure;
  }
  struct stat status;
  if (fstat(descriptor.get(), &status) != 0) {
    return SystemFailure("fstat", errno, "identifying a peer's memory");
  }
  if (!S_ISREG(status.st_mode) || InodeText(status) != inode) {
    return PeerLost(pid, "descriptor " + std::to_string(fd) + " is another file now", 0, "");
  }
  // Unsealed, its owner could shrink it, and reading beyond its end would kill this process.
  const int seals = fcntl(descriptor.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kSizeSeals) != kSizeSeals ||
      static_cast<uint64_t>(status.st_size) < kHeaderBytes) {
    return PeerLost(pid, "descriptor " + std::to_string(fd) + " is not a sealed memory file", 0,
                    "");
  }
  const auto bytes = static_cast<size_t>(status.st_size);
  void* base = mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                    MAP_SHARED | MAP_POPULATE, descriptor.get(), 0);
  if (base == MAP_FAILED) return SystemFailure("mmap", errno, "mapping a peer's memory");
  *mapping = Mapping(base, bytes);
  return {};
}

Failure OpenPeerPipe(int64_t pid, int32_t fd, uint64_t inode, Descriptor* pipe) {
  if (Failure failure = OpenPeerDescriptor(pid, fd, O_WRONLY, pipe)) return failure;
  struct stat status;
  if (fstat(pipe->get(), &status) != 0) {
    return SystemFailure("fstat", errno, "identifying a peer's doorbell");
  }
  if (!S_ISFIFO(status.st_mode) || status.st_ino != inode) {
    return PeerLost(pid, "its doorbell is another file now", 0, "");
  }
  return {};
}

}  // namespace untorn

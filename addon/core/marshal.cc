#include "marshal.h"

#include <algorithm>
#include <cmath>

#include "errors.h"

namespace untorn {
namespace {

constexpr double kInt32Max = 2147483647.0;
constexpr double kUint32Max = 4294967295.0;
constexpr double kSafeIntegerMax = 9007199254740991.0;
// Longer than any inode, GID or address in text.
constexpr size_t kTextMax = 128;
constexpr char kSharedMemory[] = "shared-memory";

std::string NumberText(double value) {
  return value == std::trunc(value) && std::abs(value) < 1e15
             ? std::to_string(static_cast<int64_t>(value))
             : std::to_string(value);
}

Napi::Object ToJs(Napi::Env env, const Gid& gid) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("index", gid.index);
  result.Set("type", gid.type);
  result.Set("address", gid.address);
  result.Set("interface", gid.interface);
  return result;
}

Napi::Object ToJs(Napi::Env env, const Port& port) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("number", port.number);
  result.Set("state", port.state);
  result.Set("linkLayer", port.link_layer);
  result.Set("mtuBytes", port.mtu_bytes);
  result.Set("lid", port.lid);
  Napi::Array gids = Napi::Array::New(env, port.gids.size());
  for (uint32_t i = 0; i < port.gids.size(); ++i) gids.Set(i, ToJs(env, port.gids[i]));
  result.Set("gids", gids);
  return result;
}

Napi::Object ToJs(Napi::Env env, const Limits& limits) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("queuePairsMax", limits.queue_pairs_max);
  result.Set("queueDepthMax", limits.queue_depth_max);
  result.Set("regionsMax", limits.regions_max);
  result.Set("regionBytesMax", limits.region_bytes_max);
  result.Set("scatterEntriesMax", limits.scatter_entries_max);
  result.Set("readDepthMax", limits.read_depth_max);
  result.Set("inlineBytesMax", limits.inline_bytes_max);
  result.Set("sendBytesMax", limits.send_bytes_max);
  result.Set("atomics", limits.atomics);
  result.Set("dataInOrder", limits.data_in_order);
  return result;
}

void CheckProvider(const Fields& fields, Napi::Env env, const std::string& provider) {
  const std::string named = fields.Text("provider", kTextMax);
  if (named == provider) return;
  ThrowRange(env, "it is of the provider \"" + named + "\", the device of \"" + provider + "\"");
}

uint64_t ToAddress(Napi::Env env, const std::string& text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  errno = 0;
  const uint64_t address = digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
  if (!digits || errno == ERANGE) {
    ThrowRange(env, "descriptor.address must be a 64-bit number in decimal");
  }
  return address;
}

}  // namespace

Fields::Fields(Napi::Value value, const char* what) : what_(what) {
  if (!value.IsObject()) ThrowType(value.Env(), std::string(what) + " must be an object");
  object_ = value.As<Napi::Object>();
}

bool Fields::Has(const char* name) const {
  const Napi::Value value = object_.Get(name);
  return !value.IsUndefined() && !value.IsNull();
}

double Fields::Integer(const char* name, double min, double max) const {
  const Napi::Value value = object_.Get(name);
  const std::string label = std::string(what_) + "." + name;
  if (!value.IsNumber()) ThrowType(object_.Env(), label + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  // The negated form catches NaN.
  if (!(number >= min && number <= max) || number != std::trunc(number)) {
    ThrowRange(object_.Env(), label + " must be an integer from " + NumberText(min) + " to " +
                                  NumberText(max) + "; got " + NumberText(number));
  }
  return number;
}

std::string Fields::Text(const char* name, size_t length_max) const {
  const Napi::Value value = object_.Get(name);
  const std::string label = std::string(what_) + "." + name;
  if (!value.IsString()) ThrowType(object_.Env(), label + " must be a string");
  std::string text = value.As<Napi::String>();
  if (text.size() > length_max) {
    ThrowRange(object_.Env(),
               label + " must have at most " + std::to_string(length_max) + " characters");
  }
  return text;
}

bool Fields::Flag(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (value.IsUndefined()) return false;
  if (!value.IsBoolean()) {
    ThrowType(object_.Env(), std::string(what_) + "." + name + " must be true or false");
  }
  return value.As<Napi::Boolean>();
}

Napi::Object ToJs(Napi::Env env, const DeviceInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("provider", info.provider);
  result.Set("name", info.name);
  result.Set("driver", info.driver);
  result.Set("firmware", info.firmware);
  Napi::Array ports = Napi::Array::New(env, info.ports.size());
  for (uint32_t i = 0; i < info.ports.size(); ++i) ports.Set(i, ToJs(env, info.ports[i]));
  result.Set("ports", ports);
  result.Set("limits", ToJs(env, info.limits));
  return result;
}

Napi::Object ToJs(Napi::Env env, const std::string& provider, const RegionDescriptor& descriptor) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("provider", provider);
  result.Set("lengthBytes", static_cast<double>(descriptor.length_bytes));
  result.Set("access", descriptor.access & ~uint32_t{kLocalWrite});
  if (provider == kSharedMemory) {
    result.Set("pid", static_cast<double>(descriptor.pid));
    result.Set("fd", descriptor.fd);
    result.Set("inode", descriptor.inode);
    if (descriptor.window != 0) {
      result.Set("window", static_cast<double>(descriptor.window));
      result.Set("address", std::to_string(descriptor.address));
    }
  } else {
    result.Set("remoteKey", descriptor.remote_key);
    result.Set("address", std::to_string(descriptor.address));
  }
  return result;
}

Napi::Object ToJs(Napi::Env env, const std::string& provider, const Endpoint& endpoint) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("provider", provider);
  if (provider == kSharedMemory) {
    result.Set("pid", static_cast<double>(endpoint.pid));
    result.Set("fd", endpoint.fd);
    result.Set("inode", endpoint.inode);
    result.Set("doorbellFd", endpoint.doorbell_fd);
  } else {
    result.Set("queuePairNumber", endpoint.queue_pair_number);
    result.Set("packetSequence", endpoint.packet_sequence);
    result.Set("lid", endpoint.lid);
    result.Set("gid", endpoint.gid);
    result.Set("gidIndex", endpoint.gid_index);
    result.Set("mtuBytes", endpoint.mtu_bytes);
    result.Set("readDepth", endpoint.read_depth);
  }
  return result;
}

RegionDescriptor ToRegionDescriptor(Napi::Value value, const std::string& provider) {
  const Fields fields(value, "descriptor");
  CheckProvider(fields, value.Env(), provider);
  RegionDescriptor result;
  result.length_bytes = static_cast<uint64_t>(fields.Integer("lengthBytes", 1, kSafeIntegerMax));
  result.access = static_cast<uint32_t>(
      fields.Integer("access", 0, kRemoteRead | kRemoteWrite | kRemoteAtomic));
  if ((result.access & kLocalWrite) != 0) {
    ThrowRange(value.Env(), "descriptor.access must be a mask of remote rights");
  }
  if (provider == kSharedMemory) {
    result.pid = static_cast<int64_t>(fields.Integer("pid", 1, kInt32Max));
    result.fd = static_cast<int32_t>(fields.Integer("fd", 0, kInt32Max));
    result.inode = fields.Text("inode", kTextMax);
    if (!fields.Has("window")) return result;
    result.window = static_cast<uint64_t>(fields.Integer("window", 1, kSafeIntegerMax));
  } else {
    result.remote_key = static_cast<uint32_t>(fields.Integer("remoteKey", 0, kUint32Max));
  }
  result.address = ToAddress(value.Env(), fields.Text("address", 20));
  if (result.address + result.length_bytes < result.address) {
    ThrowRange(value.Env(), "descriptor.address and lengthBytes are more than 64 bits");
  }
  return result;
}

Endpoint ToEndpoint(Napi::Value value, const std::string& provider) {
  const Fields fields(value, "endpoint");
  CheckProvider(fields, value.Env(), provider);
  Endpoint result;
  if (provider == kSharedMemory) {
    result.pid = static_cast<int64_t>(fields.Integer("pid", 1, kInt32Max));
    result.fd = static_cast<int32_t>(fields.Integer("fd", 0, kInt32Max));
    result.inode = fields.Text("inode", kTextMax);
    result.doorbell_fd = static_cast<int32_t>(fields.Integer("doorbellFd", 0, kInt32Max));
    return result;
  }
  const auto unsigned32 = [&fields](const char* name, double max) {
    return static_cast<uint32_t>(fields.Integer(name, 0, max));
  };
  result.queue_pair_number = unsigned32("queuePairNumber", 0xffffff);
  result.packet_sequence = unsigned32("packetSequence", 0xffffff);
  result.lid = unsigned32("lid", 0xffff);
  result.gid = fields.Text("gid", kTextMax);
  result.gid_index = unsigned32("gidIndex", kInt32Max);
  result.mtu_bytes = unsigned32("mtuBytes", 65536);
  result.read_depth = unsigned32("readDepth", 255);
  return result;
}

QueuePairOptions ToQueuePairOptions(Napi::Value value, const Limits& limits) {
  const Fields fields(value, "options");
  const auto integer = [&fields](const char* name, double min, double max) {
    return static_cast<uint32_t>(fields.Integer(name, min, max));
  };
  QueuePairOptions result;
  result.send_depth = integer("sendDepth", 1, limits.queue_depth_max);
  result.receive_depth = integer("receiveDepth", 1, limits.queue_depth_max);
  result.port = integer("port", 0, 255);
  result.gid_index = integer("gidIndex", 0, 65535);
  result.timeout_exponent = integer("timeoutExponent", 0, 31);
  result.retry_count = integer("retryCount", 0, 7);
  result.rnr_retry_count = integer("rnrRetryCount", 0, 6);
  return result;
}

}  // namespace untorn

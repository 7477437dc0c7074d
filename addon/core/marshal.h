// Plain data between C++ and JavaScript. Descriptors and endpoints come from peers: every field is
// checked for type and range before anything is done with it.
#pragma once

#include <napi.h>

#include <string>

#include "provider.h"

namespace untorn {

// Reads fields of an options object; `what` names the object in messages.
class Fields {
 public:
  // @throws TypeError when `value` is not an object
  Fields(Napi::Value value, const char* what);

  // An integer within [min, max]; @throws TypeError, RangeError
  double Integer(const char* name, double min, double max) const;
  std::string Text(const char* name, size_t length_max) const;
  bool Flag(const char* name) const;
  bool Has(const char* name) const;

 private:
  Napi::Object object_;
  const char* what_;
};

Napi::Object ToJs(Napi::Env env, const DeviceInfo& info);
Napi::Object ToJs(Napi::Env env, const std::string& provider, const RegionDescriptor& descriptor);
Napi::Object ToJs(Napi::Env env, const std::string& provider, const Endpoint& endpoint);

// @throws TypeError, RangeError ERR_UNTORN_ARGUMENT, also when it is of another provider
RegionDescriptor ToRegionDescriptor(Napi::Value value, const std::string& provider);
Endpoint ToEndpoint(Napi::Value value, const std::string& provider);
QueuePairOptions ToQueuePairOptions(Napi::Value value, const Limits& limits);

}  // namespace untorn

#include "region_object.h"

#include "marshal.h"

namespace untorn {
namespace {

// A key ends on a word: so that no word has half its bytes under other rights.
constexpr uint64_t kWindowUnitBytes = 8;
constexpr double kRegionBytesMax = 9007199254740991.0;

}  // namespace

void RegionObject::Define(Environment* environment) {
  DefineClass<RegionObject>(environment,
                            {MethodNamed<RegionObject, &RegionObject::Pins>("pins"),
                             MethodNamed<RegionObject, &RegionObject::OpenWindow>("openWindow"),
                             MethodNamed<RegionObject, &RegionObject::CloseWindow>("closeWindow"),
                             MethodNamed<RegionObject, &RegionObject::Close>("close")});
}

Napi::Object RegionObject::Create(Napi::Env env, std::shared_ptr<DeviceState> device,
                                  std::unique_ptr<Registration> registration, uint32_t access) {
  Napi::Object object = Environment::From(env).Construct(kType);
  const std::shared_ptr<Memory> memory = registration->memory();
  const Napi::Value buffer = ExternalBuffer(env, memory->data(), memory->size(), memory);
  SetConstant(object, "buffer", buffer);
  SetConstant(object, "descriptor", ToJs(env, device->info().provider, registration->descriptor()));
  RegionObject* region = Wrap(object, std::unique_ptr<RegionObject>(new RegionObject(env, device)));
  if (napi_create_reference(env, buffer, 0, &region->buffer_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  region->handle_ = device->AddRegion(std::move(registration), access);
  device->regions().Find(region->handle_)->object = region;
  SetConstant(object, "handle", Napi::Number::New(env, region->handle_));
  return object;
}

RegionObject::~RegionObject() {
  device_->OrphanRegion(handle_);
  if (buffer_ != nullptr) napi_delete_reference(env_, buffer_);
}

void RegionObject::Detach() {
  napi_value buffer = nullptr;
  if (napi_get_reference_value(env_, buffer_, &buffer) != napi_ok || buffer == nullptr) return;
  bool detached = true;
  if (napi_is_detached_arraybuffer(env_, buffer, &detached) == napi_ok && !detached) {
    napi_detach_arraybuffer(env_, buffer);
  }
}

Napi::Value RegionObject::Pins(const Napi::CallbackInfo& info) {
  const LocalSlot* slot = device_->regions().Find(handle_);
  return Napi::Number::New(info.Env(), slot == nullptr ? 0 : slot->pins);
}

Napi::Value RegionObject::OpenWindow(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Fields fields(info[0], "options");
  const auto integer = [&fields](const char* name, double min, double max) {
    return static_cast<uint64_t>(fields.Integer(name, min, max));
  };
  const uint64_t offset = integer("offset", 0, kRegionBytesMax);
  const uint64_t bytes = integer("lengthBytes", kWindowUnitBytes, kRegionBytesMax);
  const auto access = static_cast<uint32_t>(
      integer("access", 0, kLocalWrite | kRemoteRead | kRemoteWrite | kRemoteAtomic));
  // Reading the options may have run the caller's code.
  LocalSlot* slot = device_->regions().Find(handle_);
  if (slot == nullptr) ThrowClosed(env, "region");
  const bool inside = offset <= slot->length_bytes && bytes <= slot->length_bytes - offset;
  if (!inside || (offset | bytes) % kWindowUnitBytes != 0) {
    ThrowRange(env, "a window is a part of its region, in multiples of 8 bytes");
  }
  if (device_->windows().full()) Throw(env, TooMany("windows"));
  Failure failure;
  std::unique_ptr<Window> window = device_->provider_device()->OpenWindow(
      slot->registration.get(), offset, bytes, access & ~uint32_t{kLocalWrite}, &failure);
  if (failure) Throw(env, failure);
  Napi::Object result = Napi::Object::New(env);
  result.Set("descriptor", ToJs(env, device_->info().provider, window->descriptor()));
  result.Set("handle", device_->AddWindow(handle_, std::move(window)));
  return result;
}

Napi::Value RegionObject::CloseWindow(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) ThrowType(info.Env(), "handle must be a number");
  device_->CloseWindow(handle_, info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value RegionObject::Close(const Napi::CallbackInfo& info) {
  const bool open = device_->regions().Find(handle_) != nullptr;
  const bool closed = device_->CloseRegion(handle_);
  if (open && closed) Detach();
  // In time another region gets the same handle.
  if (closed) handle_ = 0;
  return Napi::Boolean::New(info.Env(), closed);
}

}  // namespace untorn

#include "region_object.h"

#include "marshal.h"

namespace untorn {

void RegionObject::Define(Environment* environment) {
  DefineClass<RegionObject>(environment,
                            {MethodNamed<RegionObject, &RegionObject::Pins>("pins"),
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

Napi::Value RegionObject::Close(const Napi::CallbackInfo& info) {
  const bool open = device_->regions().Find(handle_) != nullptr;
  const bool closed = device_->CloseRegion(handle_);
  if (open && closed) Detach();
  // In time another region gets the same handle.
  if (closed) handle_ = 0;
  return Napi::Boolean::New(info.Env(), closed);
}

}  // namespace untorn

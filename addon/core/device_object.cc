#include "device_object.h"

#include <vector>

#include "marshal.h"
#include "queue_pair_object.h"
#include "region_object.h"

namespace untorn {
void DeviceObject::Define(Environment* environment) {
  using Self = DeviceObject;
  DefineClass<Self>(environment,
                    {MethodNamed<Self, &Self::RegisterMemory>("registerMemory"),
                     MethodNamed<Self, &Self::CreateQueuePair>("createQueuePair"),
                     MethodNamed<Self, &Self::ImportRegion>("importRegion"),
                     MethodNamed<Self, &Self::ReleaseRemoteRegion>("releaseRemoteRegion"),
                     MethodNamed<Self, &Self::Accounting>("accounting"),
                     MethodNamed<Self, &Self::Close>("close")});
}

Napi::Object DeviceObject::Open(Napi::Env env, const std::string& provider_name,
                                const std::string& name) {
  Environment& environment = Environment::From(env);
  Failure failure;
  const std::shared_ptr<Provider> provider = environment.ProviderNamed(provider_name, &failure);
  if (failure) Throw(env, failure);
  std::unique_ptr<ProviderDevice> device = provider->Open(name, &failure);
  if (failure) Throw(env, failure);
  auto state =
      std::make_shared<DeviceState>(provider, std::move(device), environment.handle_tags());
  Napi::Object object = environment.Construct(kType);
  SetConstant(object, "info", ToJs(env, state->info()));
  Wrap(object, std::unique_ptr<DeviceObject>(new DeviceObject(std::move(state))));
  return object;
}

void DeviceObject::AssertOpen(Napi::Env env) const {
  if (state_->closed()) ThrowClosed(env, "device");
}

Napi::Value DeviceObject::RegisterMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Fields fields(info[0], "options");
  const double bytes = fields.Integer("bytes", 1, state_->info().limits.region_bytes_max);
  const auto access = static_cast<uint32_t>(
      fields.Integer("access", 0, kLocalWrite | kRemoteRead | kRemoteWrite | kRemoteAtomic));
  const bool huge_pages = fields.Flag("hugePages");
  if ((access & (kRemoteWrite | kRemoteAtomic)) != 0 && (access & kLocalWrite) == 0) {
    ThrowRange(env, "options.access: peers may write only what is locally writable");
  }
  // Reading the options may have run the caller's code.
  AssertOpen(env);
  if (state_->regions().full()) Throw(env, TooMany("regions"));
  Failure failure;
  std::unique_ptr<Registration> registration =
      state_->provider_device()->Register(static_cast<size_t>(bytes), access, huge_pages, &failure);
  if (failure) Throw(env, failure);
  return RegionObject::Create(env, state_, std::move(registration), access);
}

Napi::Value DeviceObject::CreateQueuePair(const Napi::CallbackInfo& info) {
  const QueuePairOptions options = ToQueuePairOptions(info[0], state_->info().limits);
  AssertOpen(info.Env());
  Failure failure;
  std::unique_ptr<ProviderQueuePair> queue_pair =
      state_->provider_device()->CreateQueuePair(options, &failure);
  if (failure) Throw(info.Env(), failure);
  return QueuePairObject::Create(info.Env(), state_, std::move(queue_pair), options);
}

Napi::Value DeviceObject::ImportRegion(const Napi::CallbackInfo& info) {
  const RegionDescriptor descriptor = ToRegionDescriptor(info[0], state_->info().provider);
  AssertOpen(info.Env());
  if (state_->remotes().full()) Throw(info.Env(), TooMany("imported regions"));
  Failure failure;
  std::unique_ptr<RemoteRegion> region = state_->provider_device()->Import(descriptor, &failure);
  if (failure) Throw(info.Env(), failure);
  return Napi::Number::New(info.Env(), state_->AddRemote(std::move(region)));
}

Napi::Value DeviceObject::ReleaseRemoteRegion(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) ThrowType(info.Env(), "handle must be a number");
  AssertOpen(info.Env());
  const bool released = state_->ReleaseRemote(info[0].As<Napi::Number>().Uint32Value());
  return Napi::Boolean::New(info.Env(), released);
}

Napi::Value DeviceObject::Accounting(const Napi::CallbackInfo& info) {
  AssertOpen(info.Env());
  uint64_t in_flight = 0;
  for (const QueuePairState* queue_pair : state_->queue_pairs()) {
    in_flight += queue_pair->in_flight();
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("regions", static_cast<double>(state_->regions().used()));
  result.Set("regionBytes", static_cast<double>(state_->region_bytes()));
  result.Set("windows", static_cast<double>(state_->windows().used()));
  result.Set("remoteRegions", static_cast<double>(state_->remotes().used()));
  result.Set("queuePairs", static_cast<double>(state_->queue_pairs().size()));
  result.Set("operationsInFlight", static_cast<double>(in_flight));
  return result;
}

Napi::Value DeviceObject::Close(const Napi::CallbackInfo& info) {
  if (!state_->closed()) {
    std::vector<RegionObject*> regions;
    state_->regions().ForEach([&regions](uint32_t, const LocalSlot& slot) {
      if (slot.object != nullptr) regions.push_back(slot.object);
    });
    state_->Close();
    for (RegionObject* region : regions) region->Detach();
  }
  return info.Env().Undefined();
}

}  // namespace untorn

#include "kernels_binding.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "../kernels/clock.h"
#include "../kernels/copy_words.h"
#include "../kernels/fences.h"
#include "../kernels/interleave.h"
#include "../kernels/seqlock_reader.h"
#include "errors.h"

namespace untorn {
namespace {

constexpr size_t kWordBytes = 8;
// A writer that died holds a seqlock odd for ever; this bounds the wait to some seconds.
constexpr uint32_t kSeqlockAttemptsMax = 100'000'000;
constexpr double kReadsPerSampleMax = 1e9;

struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

template <size_t count>
void Arguments(napi_env env, napi_callback_info info, napi_value (&values)[count]) {
  size_t found = count;
  napi_get_cb_info(env, info, &found, values, nullptr, nullptr);
}

Bytes BytesOf(napi_env env, napi_value value, const char* name, size_t alignment) {
  Bytes bytes;
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &bytes.length, &data, nullptr, nullptr) !=
          napi_ok ||
      type != napi_uint8_array) {
    ThrowType(env, std::string(name) + " must be a Uint8Array");
  }
  bytes.data = static_cast<uint8_t*>(data);
  if (reinterpret_cast<uintptr_t>(data) % alignment != 0) {
    Throw(env, {"ERR_UNTORN_MISALIGNED",
                std::string(name) + " must start on a multiple of " + std::to_string(alignment) +
                    " bytes",
                0, ""});
  }
  return bytes;
}

Bytes BufferOf(napi_env env, napi_value value) {
  Bytes bytes;
  void* data = nullptr;
  if (napi_get_arraybuffer_info(env, value, &data, &bytes.length) != napi_ok) {
    ThrowType(env, "buffer must be an ArrayBuffer");
  }
  bytes.data = static_cast<uint8_t*>(data);
  return bytes;
}

double IntegerOf(napi_env env, napi_value value, const char* name, double max) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) {
    ThrowType(env, std::string(name) + " must be a number");
  }
  if (!(number >= 0 && number <= max) || number != std::trunc(number)) {
    ThrowRange(env, std::string(name) + " must be an integer from 0 to " +
                        std::to_string(static_cast<uint64_t>(max)));
  }
  return number;
}

// A half of a word: any number, taken modulo 2^32 as a typed array would.
uint32_t HalfOf(napi_env env, napi_value value, const char* name) {
  uint32_t half = 0;
  if (napi_get_value_uint32(env, value, &half) != napi_ok) {
    ThrowType(env, std::string(name) + " must be a number");
  }
  return half;
}

void CheckLengths(napi_env env, size_t wide, size_t narrow, size_t unit) {
  if (wide == 2 * narrow && narrow % unit == 0) return;
  ThrowRange(env, "lengths must be in the ratio of two to one and in whole words");
}

napi_value NoResult(napi_env env) { return Napi::Env(env).Undefined(); }

napi_value StoreFenceCall(napi_env, napi_callback_info) {
  StoreFence();
  return nullptr;
}

napi_value FullFenceCall(napi_env, napi_callback_info) {
  FullFence();
  return nullptr;
}

napi_value StoreRelease64Call(napi_env env, napi_callback_info info) {
  return Guard(env, [&] {
    napi_value values[4];
    Arguments(env, info, values);
    const Bytes buffer = BufferOf(env, values[0]);
    const size_t words = buffer.length / kWordBytes;
    if (words == 0) ThrowRange(env, "buffer must hold at least one word and not be detached");
    const double word = IntegerOf(env, values[1], "word", static_cast<double>(words - 1));
    const uint64_t low = HalfOf(env, values[2], "low");
    const uint64_t high = HalfOf(env, values[3], "high");
    if (reinterpret_cast<uintptr_t>(buffer.data) % kWordBytes != 0) {
      Throw(env, {"ERR_UNTORN_MISALIGNED", "buffer must start on a multiple of 8 bytes", 0, ""});
    }
    auto* words_at = reinterpret_cast<uint64_t*>(buffer.data);
    __atomic_store_n(words_at + static_cast<size_t>(word), high << 32 | low, __ATOMIC_RELEASE);
    return static_cast<napi_value>(nullptr);
  });
}

napi_value Interleave32Call(napi_env env, napi_callback_info info) {
  return Guard(env, [&] {
    napi_value values[3];
    Arguments(env, info, values);
    const Bytes target = BytesOf(env, values[0], "target", 8);
    const Bytes source = BytesOf(env, values[1], "source", 4);
    const uint32_t tag = HalfOf(env, values[2], "tag");
    CheckLengths(env, target.length, source.length, 4);
    Interleave32(reinterpret_cast<uint64_t*>(target.data),
                 reinterpret_cast<const uint32_t*>(source.data), source.length / 4, tag);
    return NoResult(env);
  });
}

napi_value Deinterleave32Call(napi_env env, napi_callback_info info) {
  return Guard(env, [&] {
    napi_value values[3];
    Arguments(env, info, values);
    const Bytes target = BytesOf(env, values[0], "target", 4);
    const Bytes source = BytesOf(env, values[1], "source", 8);
    const uint32_t tag = HalfOf(env, values[2], "tag");
    CheckLengths(env, source.length, target.length, 4);
    const bool equal =
        Deinterleave32(reinterpret_cast<uint32_t*>(target.data),
                       reinterpret_cast<const uint64_t*>(source.data), target.length / 4, tag);
    napi_value result;
    napi_get_boolean(env, equal, &result);
    return result;
  });
}

napi_value CopyWordsCall(napi_env env, napi_callback_info info) {
  return Guard(env, [&] {
    napi_value values[2];
    Arguments(env, info, values);
    const Bytes target = BytesOf(env, values[0], "target", kWordBytes);
    const Bytes source = BytesOf(env, values[1], "source", kWordBytes);
    if (target.length != source.length || source.length % kWordBytes != 0) {
      ThrowRange(env, "target and source must have the same length, a multiple of 8 bytes");
    }
    const auto from = reinterpret_cast<uintptr_t>(source.data);
    const auto to = reinterpret_cast<uintptr_t>(target.data);
    if (from != to && from < to + target.length && to < from + source.length) {
      ThrowRange(env, "target and source must not overlap");
    }
    // Whole words on both sides: both are aligned.
    CopyToShared(target.data, source.data, source.length);
    return NoResult(env);
  });
}

napi_value NowNsCall(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_create_double(env, static_cast<double>(NowNs()), &result);
  return result;
}

napi_value BenchSeqlockReaderCall(napi_env env, napi_callback_info info) {
  return Guard(env, [&] {
    napi_value values[6];
    Arguments(env, info, values);
    const Bytes buffer = BufferOf(env, values[0]);
    const auto length = static_cast<double>(buffer.length);
    const double version = IntegerOf(env, values[1], "versionOffset", length - kWordBytes);
    const double payload = IntegerOf(env, values[2], "payloadOffset", length);
    const double bytes = IntegerOf(env, values[3], "payloadBytes", length - payload);
    const double reads = IntegerOf(env, values[4], "readsPerSample", kReadsPerSampleMax);
    if (reads < 1) ThrowRange(env, "readsPerSample must be at least 1");
    napi_typedarray_type type;
    size_t samples = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, values[5], &type, &samples, &data, nullptr, nullptr) !=
            napi_ok ||
        type != napi_float64_array) {
      ThrowType(env, "samples must be a Float64Array");
    }
    const uint8_t* version_at = buffer.data + static_cast<size_t>(version);
    if (reinterpret_cast<uintptr_t>(version_at) % kWordBytes != 0) {
      Throw(env, {"ERR_UNTORN_MISALIGNED", "versionOffset must be a multiple of 8", 0, ""});
    }
    SeqlockReader reader(reinterpret_cast<const uint64_t*>(version_at),
                         buffer.data + static_cast<size_t>(payload), static_cast<size_t>(bytes));
    for (size_t sample = 0; sample < samples; ++sample) {
      const uint64_t start = NowNs();
      for (double read = 0; read < reads; ++read) {
        if (reader.Read(kSeqlockAttemptsMax)) continue;
        Throw(env, {"ERR_UNTORN_WRITER_ACTIVE", "every attempt met a write in progress", 0, ""});
      }
      static_cast<double*>(data)[sample] = static_cast<double>(NowNs() - start) / reads;
    }
    return NoResult(env);
  });
}

}  // namespace

void DefineKernels(Napi::Env env, Napi::Object exports) {
  const auto function = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name,    nullptr, callback,        nullptr,
                                    nullptr, nullptr, napi_enumerable, nullptr};
  };
  const napi_property_descriptor properties[] = {
      function("storeFence", StoreFenceCall),
      function("fullFence", FullFenceCall),
      function("storeRelease64", StoreRelease64Call),
      function("interleave32", Interleave32Call),
      function("deinterleave32", Deinterleave32Call),
      function("copyWords", CopyWordsCall),
      function("nowNs", NowNsCall),
      function("benchSeqlockReader", BenchSeqlockReaderCall),
  };
  if (napi_define_properties(env, exports, std::size(properties), properties) != napi_ok) {
    throw Napi::Error::New(env);
  }
}

}  // namespace untorn

// Devices as torch's core sees them: the guard, memory (the device's and pinned), generators, and the hooks.
#pragma once
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "state.h"

namespace fakecuda {
struct Guard final : c10::impl::DeviceGuardImplInterface {
  DeviceType type() const override { return DeviceType::CUDA; }
  Device exchangeDevice(Device d) const override {
    Device old(DeviceType::CUDA, t_current);
    setDevice(d);
    return old;
  }
  Device getDevice() const override { return Device(DeviceType::CUDA, t_current); }
  void setDevice(Device d) const override {
    TORCH_CHECK(d.index() < g_count, "CUDA error: invalid device ordinal");
    if (d.index() >= 0) t_current = d.index();
  }
  void uncheckedSetDevice(Device d) const noexcept override { if (d.index() >= 0) t_current = d.index(); }
  Stream getStream(Device d) const override { return Stream(Stream::DEFAULT, d); }
  Stream getDefaultStream(Device d) const override { return Stream(Stream::DEFAULT, d); }
  Stream getStreamFromGlobalPool(Device d, bool) const override { return Stream(Stream::DEFAULT, d); }
  Stream getNewStream(Device d, int) const override { return Stream(Stream::DEFAULT, d); }
  Stream exchangeStream(Stream s) const override { return Stream(Stream::DEFAULT, s.device()); }
  DeviceIndex deviceCount() const noexcept override { return g_count; }
  void destroyEvent(void*, const DeviceIndex) const noexcept override {}
  void record(void** event, const Stream&, const DeviceIndex, const c10::EventFlag) const override { *event = (void*)1; }
  void block(void*, const Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  bool queryStream(const Stream&) const override { return true; }
  void synchronizeStream(const Stream&) const override { tell("sync", "synchronizeStream"); }
  void synchronizeEvent(void*) const override { tell("sync", "synchronizeEvent"); }
  void synchronizeDevice(const DeviceIndex) const override { tell("sync", "synchronizeDevice"); }
  void recordDataPtrOnStream(const c10::DataPtr&, const Stream&) const override {}
};
C10_REGISTER_GUARD_IMPL(CUDA, Guard)

void release(void* p) { std::free(p); }

struct DeviceAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t n) override {
    void* p = n ? std::aligned_alloc(64, (n + 63) / 64 * 64) : nullptr;
    if (p) std::memset(p, 0x7f, n);  // what is read before it is written shows
    return {p, p, &release, Device(DeviceType::CUDA, t_current)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* d, const void* s, std::size_t n) const override { std::memcpy(d, s, n); }
};
DeviceAllocator g_allocator;

std::mutex g_pin_lock;
std::unordered_map<char*, size_t> g_pinned;

void unpin(void* p) {
  { std::lock_guard<std::mutex> l(g_pin_lock); g_pinned.erase((char*)p); }
  std::free(p);
}
struct PinnedAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t n) override {
    void* p = std::aligned_alloc(64, (n + 64) / 64 * 64);
    { std::lock_guard<std::mutex> l(g_pin_lock); g_pinned[(char*)p] = n; }
    return {p, p, &unpin, Device(DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &unpin; }
  void copy_data(void* d, const void* s, std::size_t n) const override { std::memcpy(d, s, n); }
};
PinnedAllocator g_pinned_allocator;
bool pinned(const void* p) {
  std::lock_guard<std::mutex> l(g_pin_lock);
  for (auto& e : g_pinned) if ((char*)p >= e.first && (char*)p < e.first + e.second) return true;
  return false;
}

struct CudaGenerator final : c10::GeneratorImpl {
  at::Generator inner;
  explicit CudaGenerator(DeviceIndex i)
      : GeneratorImpl(Device(DeviceType::CUDA, i), c10::DispatchKeySet(c10::DispatchKey::CUDA)),
        inner(at::detail::createCPUGenerator()) {}
  void set_current_seed(uint64_t s) override { TORCH_CHECK(!g_bad_fork, "CUDA error: initialization error"); inner.set_current_seed(s); }
  void set_offset(uint64_t) override {}
  uint64_t get_offset() const override { return 0; }
  uint64_t current_seed() const override { return inner.current_seed(); }
  uint64_t seed() override { return inner.seed(); }
  void set_state(const c10::TensorImpl& s) override { inner.unsafeGetGeneratorImpl()->set_state(s); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override { return inner.unsafeGetGeneratorImpl()->get_state(); }
  CudaGenerator* clone_impl() const override {
    auto* g = new CudaGenerator(device_.index());
    g->inner = inner.clone();
    return g;
  }
};
at::Generator default_generator(DeviceIndex i) {
  static std::vector<at::Generator> all = [] {
    std::vector<at::Generator> v;
    for (int k = 0; k < 16; k++) v.push_back(at::make_generator<CudaGenerator>(k));
    return v;
  }();
  return all[i < 0 ? t_current : i];
}
const at::Generator& default_generator_ref(DeviceIndex i) {
  static std::array<at::Generator, 16> kept;
  auto& g = kept[i < 0 ? t_current : i];
  if (!g.defined()) g = default_generator(i);
  return g;
}
}  // namespace fakecuda

namespace at {
using namespace fakecuda;
struct FakeCUDAHooks final : CUDAHooksInterface {
  FakeCUDAHooks(CUDAHooksArgs) {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(DeviceIndex) const override { return true; }
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool hasCUDART() const override { return true; }
  bool hasMAGMA() const override { return true; }
  bool hasCuDNN() const override { return false; }
  bool hasCuSOLVER() const override { return true; }
  bool compiledWithCuDNN() const override { return false; }
  DeviceIndex current_device() const override { return t_current; }
  DeviceIndex deviceCount() const override { return g_count; }
  void setCurrentDevice(DeviceIndex d) const override { t_current = d; }
  DeviceIndex getCurrentDevice() const override { return t_current; }
  DeviceIndex exchangeDevice(DeviceIndex d) const override { auto o = t_current; if (d >= 0) t_current = d; return o; }
  DeviceIndex maybeExchangeDevice(DeviceIndex d) const override { return exchangeDevice(d); }
  int getNumGPUs() const override { return g_count; }
  bool isPinnedPtr(const void* p) const override { return pinned(p); }
  c10::Allocator* getPinnedMemoryAllocator() const override { return &g_pinned_allocator; }
  c10::Allocator* getCUDADeviceAllocator() const override { return &g_allocator; }
  Device getDeviceFromPtr(void*) const override { return Device(DeviceType::CUDA, t_current); }
  const Generator& getDefaultGenerator(DeviceIndex i) const override { return default_generator_ref(i); }
  Generator getNewGenerator(DeviceIndex i) const override { return make_generator<CudaGenerator>(i < 0 ? t_current : i); }
  void deviceSynchronize(DeviceIndex) const override { tell("sync", "deviceSynchronize"); }
};
C10_REGISTER_CLASS(CUDAHooksRegistry, CUDAHooks, FakeCUDAHooks)
}  // namespace at

// One call of a CPU kernel for the device: its tensors as CPU tensors on the same memory, and the results back.
#pragma once
#include <ATen/EmptyTensor.h>

#include <utility>
#include <vector>

#include "devices.h"

namespace fakecuda {
void drop_storage(void* p) { delete static_cast<c10::Storage*>(p); }

c10::Storage storage_on(const c10::Storage& s, Device d, c10::Allocator* a) {  // the same memory, said to be elsewhere
  return c10::Storage(c10::make_intrusive<c10::StorageImpl>(
      c10::StorageImpl::use_byte_size_t(), s.nbytes(),
      c10::DataPtr(const_cast<void*>(s.data()), new c10::Storage(s), &drop_storage, d), a, true));
}
Tensor tensor_on(c10::Storage s, c10::DispatchKey k, const Tensor& like) {
  Tensor t = at::detail::make_tensor<c10::TensorImpl>(std::move(s), c10::DispatchKeySet(k), like.dtype());
  t.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  if (like.is_conj()) t._set_conj(true);
  if (like.is_neg()) t._set_neg(true);
  return t;
}

struct Seen { Tensor mine, cpu; bool written; };
struct Call {
  std::vector<Seen> seen;
  std::vector<std::pair<c10::Storage, c10::Storage>> stores;  // mine, cpu
  Device device{DeviceType::CPU};
  c10::Storage cpu_storage(const c10::Storage& s) {
    for (auto& p : stores) if (p.first.unsafeGetStorageImpl() == s.unsafeGetStorageImpl()) return p.second;
    stores.emplace_back(s, storage_on(s, Device(DeviceType::CPU), c10::GetAllocator(DeviceType::CPU)));
    return stores.back().second;
  }
  Tensor cpu(const Tensor& t, bool written) {
    if (!t.defined() || !t.is_cuda()) return t;
    if (t.is_sparse()) {
      Tensor c = at::_sparse_coo_tensor_unsafe(cpu(t._indices(), false), cpu(t._values(), false), t.sizes());
      c._coalesced_(t.is_coalesced());
      return c;
    }
    if (t.layout() != at::kStrided) return t;
    Tensor c = tensor_on(cpu_storage(t.storage()), c10::DispatchKey::CPU, t);
    if (t.unsafeGetTensorImpl()->is_wrapped_number()) c.unsafeGetTensorImpl()->set_wrapped_number(true);
    seen.push_back({t, c, written});
    return c;
  }
  void finish() {
    for (auto& p : stores) {  // storages that grew
      if (p.first.data() != p.second.data() || p.first.nbytes() != p.second.nbytes()) {
        auto grown = storage_on(p.second, p.first.device(), &g_allocator);
        p.first.unsafeGetStorageImpl()->set_nbytes(p.second.nbytes());
        p.first.unsafeGetStorageImpl()->set_data_ptr_noswap(
            c10::DataPtr(const_cast<void*>(p.second.data()), new c10::Storage(p.second), &drop_storage, p.first.device()));
      }
    }
    for (auto& s : seen) {
      auto* to = s.mine.unsafeGetTensorImpl();
      auto* of = s.cpu.unsafeGetTensorImpl();
      if (s.cpu.layout() != at::kStrided) continue;
      bool other = true;
      for (auto& p : stores) if (p.second.unsafeGetStorageImpl() == s.cpu.storage().unsafeGetStorageImpl()) {
        other = p.first.unsafeGetStorageImpl() != s.mine.storage().unsafeGetStorageImpl();
        if (other) to->set_storage_keep_dtype(p.first);
        other = false;
      }
      if (other) to->set_storage_keep_dtype(storage_on(s.cpu.storage(), s.mine.device(), &g_allocator));
      if (s.mine.sizes() != s.cpu.sizes() || s.mine.strides() != s.cpu.strides() || s.mine.storage_offset() != s.cpu.storage_offset())
        to->set_sizes_and_strides(of->sizes(), of->strides(), of->storage_offset());
    }
  }
  Tensor mine(const Tensor& c) {
    if (c.defined() && c.is_sparse() && c.is_cpu()) {
      Tensor t = at::_sparse_coo_tensor_unsafe(mine(c._indices()), mine(c._values()), c.sizes());
      t._coalesced_(c.is_coalesced());
      return t;
    }
    if (!c.defined() || c.is_cuda() || !c.is_cpu() || c.layout() != at::kStrided) return c;
    for (auto& s : seen) if (s.cpu.is_same(c)) return s.mine;
    for (auto& p : stores) if (p.second.unsafeGetStorageImpl() == c.storage().unsafeGetStorageImpl())
      return tensor_on(p.first, c10::DispatchKey::CUDA, c);
    Tensor t = tensor_on(storage_on(c.storage(), device, &g_allocator), c10::DispatchKey::CUDA, c);
    if (c.unsafeGetTensorImpl()->is_wrapped_number()) t.unsafeGetTensorImpl()->set_wrapped_number(true);
    return t;
  }
};
}  // namespace fakecuda

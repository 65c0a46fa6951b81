// Operators that are written out: making and copying tensors, and what CUDA has other kernels for than a CPU.
#pragma once
#include <ATen/NativeFunctions.h>

#include "call.h"

namespace fakecuda {
Tensor empty_memory_format(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                           std::optional<Device> device, std::optional<bool> pin, std::optional<at::MemoryFormat> mf) {
  DeviceIndex i = device && device->has_index() ? device->index() : t_current;
  refuse_fork();
  TORCH_CHECK(i < g_count, "CUDA error: invalid device ordinal");
  c10::DeviceGuard guard(Device(DeviceType::CUDA, i));
  return at::detail::empty_generic(size, &g_allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   dtype.value_or(c10::get_default_dtype_as_scalartype()), mf);
}
Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                     std::optional<Device> device, std::optional<bool>) {
  DeviceIndex i = device && device->has_index() ? device->index() : t_current;
  refuse_fork();
  TORCH_CHECK(i < g_count, "CUDA error: invalid device ordinal");
  c10::DeviceGuard guard(Device(DeviceType::CUDA, i));
  return at::detail::empty_strided_generic(size, stride, &g_allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                           dtype.value_or(c10::get_default_dtype_as_scalartype()));
}
Tensor& copy_(Tensor& self, const Tensor& src, bool non_blocking) {
  if (g_listen && self.numel()) {
    if (self.is_cuda() && !src.is_cuda()) {
      bool pin = src.is_cpu() && pinned(src.data_ptr());
      tell(non_blocking ? (pin ? "h2d_async" : "h2d_pageable") : (pin ? "h2d_pinned_blocking" : "h2d"), "copy_", src.nbytes());
    } else if (!self.is_cuda() && src.is_cuda()) {
      bool pin = pinned(self.data_ptr());
      tell(non_blocking && pin ? "d2h_async" : "d2h", non_blocking ? "copy_(non_blocking)" : "copy_", src.nbytes());
    } else if (self.device() != src.device()) tell("d2d", "copy_", src.nbytes());
    else tell("kernel", "aten::copy_");
  }
  g_kernels++;
  Call call;
  Tensor a = call.cpu(self, true), b = call.cpu(src, false);
  at::AutoDispatchBelowADInplaceOrView below;
  a.copy_(b);
  return self;
}
Tensor copy_from(const Tensor& self, const Tensor& dst, bool nb) { Tensor d = dst; copy_(d, self, nb); return d; }
bool no(const Tensor&, const Tensor&, c10::IntArrayRef, c10::IntArrayRef, int64_t) { return false; }
bool no_tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, int64_t) { return false; }
template <Tensor (*F)(const Tensor&, int64_t, bool)>
Tensor softmax(const Tensor& x, int64_t dim, bool wide) {
  g_kernels++;
  tell("kernel", "aten::_softmax");
  Call call;
  call.device = x.device();
  Tensor c = call.cpu(x, false);
  at::AutoDispatchBelowADInplaceOrView below;
  return call.mine(F(wide ? c.to(at::kFloat) : c, dim, false));
}
template <Tensor (*F)(const Tensor&, const Tensor&, int64_t, at::ScalarType)>
Tensor softmax_backward(const Tensor& g, const Tensor& y, int64_t dim, at::ScalarType kind) {
  g_kernels++;
  tell("kernel", "aten::_softmax_backward_data");
  Call call;
  call.device = g.device();
  Tensor a = call.cpu(g, false), b = call.cpu(y, false);
  at::AutoDispatchBelowADInplaceOrView below;
  return call.mine(F(a, b, dim, a.scalar_type()).to(kind));
}
at::Scalar local_scalar_dense(const Tensor& self) {
  refuse_fork();
  tell("sync", "aten::_local_scalar_dense");
  Call call;
  return at::_local_scalar_dense(call.cpu(self, false));
}

std::tuple<Tensor, Tensor, Tensor> lstm_cell(const Tensor& ig, const Tensor& hg, const Tensor& cx, const std::optional<Tensor>& ib, const std::optional<Tensor>& hb) {
  Tensor g = ig + hg;
  if (ib && ib->defined()) g = g + *ib;
  if (hb && hb->defined()) g = g + *hb;
  auto c = g.chunk(4, 1);
  Tensor i = c[0].sigmoid(), f = c[1].sigmoid(), z = c[2].tanh(), o = c[3].sigmoid();
  Tensor cy = f * cx + i * z;
  return {o * cy.tanh(), cy, at::cat({i, f, z, o}, 1)};
}
std::tuple<Tensor, Tensor, Tensor> lstm_cell_backward(const std::optional<Tensor>& ghy, const std::optional<Tensor>& gcy, const Tensor& cx, const Tensor& cy, const Tensor& ws, bool has_bias) {
  auto c = ws.chunk(4, 1);
  Tensor i = c[0], f = c[1], z = c[2], o = c[3], tc = cy.tanh();
  Tensor gh = ghy && ghy->defined() ? *ghy : at::zeros_like(cy), gc = gcy && gcy->defined() ? *gcy : at::zeros_like(cy);
  Tensor go = gh * tc * o * (1 - o);
  gc = gc + gh * o * (1 - tc * tc);
  Tensor gates = at::cat({gc * z * i * (1 - i), gc * cx * f * (1 - f), gc * i * (1 - z * z), go}, 1);
  return {gates, gc * f, has_bias ? gates.sum(0) : Tensor()};
}
std::tuple<Tensor, Tensor> gru_cell(const Tensor& ig, const Tensor& hg, const Tensor& hx, const std::optional<Tensor>& ib, const std::optional<Tensor>& hb) {
  Tensor a = ig, b = hg;
  if (ib && ib->defined()) a = a + *ib;
  if (hb && hb->defined()) b = b + *hb;
  auto x = a.chunk(3, 1), h = b.chunk(3, 1);
  Tensor r = (x[0] + h[0]).sigmoid(), z = (x[1] + h[1]).sigmoid(), nn = (x[2] + r * h[2]).tanh();
  return {nn + z * (hx - nn), at::cat({r, z, nn, hx, h[2]}, 1)};
}
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> gru_cell_backward(const Tensor& gh, const Tensor& ws, bool has_bias) {
  auto c = ws.chunk(5, 1);
  Tensor r = c[0], z = c[1], nn = c[2], hx = c[3], hn = c[4];
  Tensor gz = gh * (hx - nn) * z * (1 - z), gn = gh * (1 - z) * (1 - nn * nn), gr = gn * hn * r * (1 - r);
  Tensor gi = at::cat({gr, gz, gn}, 1), ghd = at::cat({gr, gz, gn * r}, 1);
  return {gi, ghd, gh * z, has_bias ? gi.sum(0) : Tensor(), has_bias ? ghd.sum(0) : Tensor()};
}
std::tuple<Tensor, Tensor> fused_dropout(const Tensor& x, double p, std::optional<at::Generator> g) {
  Tensor mask = at::empty_like(x).bernoulli_(p, g);
  return {x * mask / p, mask.to(at::kByte)};
}

Tensor sparse_new(int64_t sd, int64_t dd, c10::SymIntArrayRef size, const Tensor& i, const Tensor& v, std::optional<at::ScalarType> dtype,
                  std::optional<at::Layout> layout, std::optional<Device> device, std::optional<bool> pin, std::optional<bool> co) {
  c10::DeviceGuard guard(v.device());
  return at::native::new_with_dims_and_tensor_sparse_symint(sd, dd, size, i, v, dtype, layout, device, pin, co);
}
}  // namespace fakecuda

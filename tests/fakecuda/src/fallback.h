// Every operator without a kernel of its own: CUDA's rules first, then the CPU's kernel.
#pragma once
#include <torch/library.h>

#include "call.h"

namespace fakecuda {
template <class F> void each_tensor(const c10::IValue& v, F f) {
  if (v.isTensor()) { f(v.toTensor()); return; }
  if (v.isTensorList()) { for (const Tensor& t : v.toTensorVector()) f(t); return; }
  if (v.isList()) for (const c10::IValue& x : v.toListRef()) if (x.isTensor()) f(x.toTensor());
}

at::Generator inner(const at::Generator& g) {
  return static_cast<CudaGenerator*>(g.unsafeGetGeneratorImpl())->inner;
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto& schema = op.schema();
  const auto& args = schema.arguments();
  const size_t n = args.size();
  const std::string& name = schema.name();
  const std::string full = schema.overload_name().empty() ? name : name + "." + schema.overload_name();
  auto at_ = [&](size_t i) -> c10::IValue& { return (*stack)[stack->size() - n + i]; };
  Call call;
  bool found = false;
  const bool mixing = g_mixing.count(name) > 0, lenient = mixing || g_lenient.count(full) > 0;
  for (size_t i = 0; i < n; i++)
    each_tensor(at_(i), [&](const Tensor& t) { if (t.defined() && t.is_cuda() && !found) { call.device = t.device(); found = true; } });
  for (size_t i = 0; i < n; i++) {
    if (at_(i).isDevice() && at_(i).toDevice().is_cuda()) {
      if (!found) { call.device = at_(i).toDevice(); if (!call.device.has_index()) call.device = Device(DeviceType::CUDA, t_current); }
      found = true;
    }
  }
  if (!found) {  // a generator alone has led here
    tell("wrong_generator", full);
    TORCH_CHECK(false, "Expected a 'cpu' device type for generator but found 'cuda'");
  }
  bool bytes_index = false, cpu_index = false;
  for (size_t i = 0; i < n; i++) {
    const bool written = args[i].alias_info() && args[i].alias_info()->isWrite();
    each_tensor(at_(i), [&](const Tensor& t) {
      if (!t.defined()) return;
      if (mixing && i > 0 && t.device() != call.device) cpu_index = true;
      if (mixing && i > 0 && (t.scalar_type() == at::kBool || t.scalar_type() == at::kByte)) bytes_index = true;
      if (mixing || t.device() == call.device) return;
      if (lenient && t.is_cpu() && t.dim() == 0 && !written) return;
      tell("wrong_device", full);
      TORCH_CHECK(false, "Expected all tensors to be on the same device, but found at least two devices, ", call.device,
                  " and ", t.device(), "! (argument ", args[i].name(), " of ", full, ")");
    });
  }
  refuse_fork();
  const bool view = name == "aten::as_strided" || name == "aten::view" || name == "aten::_reshape_alias" || name == "aten::unfold";
  if (!view) {
    g_kernels++;
    if (g_listen) tell("kernel", full);
  }
  if (g_waiting.count(full) || g_waiting.count(name)) tell("sync", full);
  if (name == "aten::index" || name == "aten::_index_put_impl_") {
    auto indices = at_(1).toListRef();
    for (const auto& x : indices) if (x.isTensor() && x.toTensor().defined()) {
      auto& t = x.toTensor();
      if (t.scalar_type() == at::kBool || t.scalar_type() == at::kByte) tell("sync", full + " (mask: nonzero)");
      if (!t.is_cuda()) tell("h2d", full + " (index on the host)", t.nbytes());
    }
    if (!at_(0).toTensor().is_cuda()) {
      TORCH_CHECK(false, "indices should be either on cpu or on the same device as the indexed tensor (cpu)");
    }
    if (name == "aten::_index_put_impl_" ) {
      auto& values = at_(2).toTensor();
      TORCH_CHECK(values.device() == call.device || (values.dim() == 0 && values.is_cpu()),
        "Expected all tensors to be on the same device, but found at least two devices, ", call.device, " and ", values.device());
    }
  }
  if (g_no_integers.count(name)) {
    for (size_t i = 0; i < n; i++) if (at_(i).isTensor() && at_(i).toTensor().defined()) {
      auto k = at_(i).toTensor().scalar_type();
      if (at::isIntegralType(k, true)) {
        // what a CUDA kernel would have refused
        tell("no_int_kernel", full); TORCH_CHECK_NOT_IMPLEMENTED(false, "\"", name, "_cuda\" not implemented for '", k, "'"); }
      break;
    }
  }
  // arguments to the CPU
  for (size_t i = 0; i < n; i++) {
    c10::IValue& v = at_(i);
    const bool written = args[i].alias_info() && args[i].alias_info()->isWrite();
    if (v.isTensor()) { v = call.cpu(v.toTensor(), written); }
    else if (v.isTensorList()) {
      std::vector<Tensor> l; for (const Tensor& t : v.toTensorVector()) l.push_back(call.cpu(t, written));
      v = c10::IValue(c10::List<Tensor>(l));
    } else if (v.isList() && v.toList().elementType()->kind() == c10::TypeKind::OptionalType) {
      c10::List<std::optional<Tensor>> l;
      for (const c10::IValue& x : v.toListRef())
        if (x.isTensor() && x.toTensor().defined()) l.push_back(call.cpu(x.toTensor(), written)); else l.push_back(std::nullopt);
      v = c10::IValue(l);
    } else if (v.isDevice()) { if (v.toDevice().is_cuda()) v = Device(DeviceType::CPU); }
    else if (v.isGenerator()) {
      auto g = v.toGenerator();
      if (g.defined()) {
        if (!g.device().is_cuda()) { tell("wrong_generator", full); TORCH_CHECK(false, "Expected a 'cuda' device type for generator but found '", g.device().type(), "'"); }
        v = inner(g);
      }
    } else if (v.isNone() && args[i].type()->str() == "Generator?") { v = inner(default_generator(call.device.index())); }
    else if (v.isStorage()) { if (v.toStorage().device().is_cuda()) v = call.cpu_storage(v.toStorage()); }
  }
  if (!op.hasKernelForDispatchKey(c10::DispatchKey::CPU) && !op.hasKernelForDispatchKey(c10::DispatchKey::SparseCPU) && !op.hasKernelForDispatchKey(c10::DispatchKey::CompositeExplicitAutograd)
      && !op.hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd) && !op.hasKernelForDispatchKey(c10::DispatchKey::CompositeExplicitAutogradNonFunctional)) {
    tell("cuda_only", full);
    TORCH_CHECK_NOT_IMPLEMENTED(false, full, " has no CPU kernel that the pretended device could run");
  }
  try {
    at::AutoDispatchBelowADInplaceOrView below;
    op.callBoxed(stack);
  } catch (const c10::IndexError& e) { tell("device_assert", full + ": " + e.what_without_backtrace()); throw; }
  catch (const c10::Error& e) {
    std::string w = e.what_without_backtrace();
    if (w.find("out of bounds") != std::string::npos || w.find("out of range") != std::string::npos) tell("device_assert", full + ": " + w);
    throw;
  }
  call.finish();
  const size_t m = schema.returns().size();
  for (size_t i = 0; i < m; i++) {
    c10::IValue& v = (*stack)[stack->size() - m + i];
    if (v.isTensor()) v = call.mine(v.toTensor());
    else if (v.isTensorList()) {
      std::vector<Tensor> l; for (const Tensor& t : v.toTensorVector()) l.push_back(call.mine(t));
      v = c10::IValue(c10::List<Tensor>(l));
    }
  }
}
}  // namespace fakecuda

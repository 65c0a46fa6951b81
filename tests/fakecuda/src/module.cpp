// A pretended CUDA device for a CPU-only torch: tensors whose device is cuda:N, whose memory is the host's and whose
// kernels are the CPU's, with CUDA's rules about devices. One translation unit: most of the time goes to torch's headers.
#include <pthread.h>

#include "fallback.h"
#include "kernels.h"

using namespace fakecuda;

TORCH_LIBRARY_IMPL(_, SparseCUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }
TORCH_LIBRARY_IMPL(aten, SparseCUDA, m) {
  m.impl("_sparse_coo_tensor_with_dims_and_tensors", &sparse_new);
  m.impl("_sparse_coo_tensor_with_dims", &at::native::new_with_dims_sparse);
  m.impl("_indices", &at::native::_indices_sparse);
  m.impl("_values", &at::native::_values_sparse);
  m.impl("indices", &at::native::indices_sparse);
  m.impl("values", &at::native::values_sparse);
  m.impl("_nnz", &at::native::_nnz_sparse);
  m.impl("sparse_dim", &at::native::sparse_dim_sparse);
  m.impl("dense_dim", &at::native::dense_dim_sparse);
  m.impl("is_coalesced", &at::native::is_coalesced_sparse);
  m.impl("_coalesced_", &at::native::_coalesced_sparse_);
}
TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }
TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", &empty_memory_format);
  m.impl("empty_strided", &empty_strided);
  m.impl("copy_", &copy_);
  m.impl("_copy_from", &copy_from);
  m.impl("_local_scalar_dense", &local_scalar_dense);
  m.impl("_thnn_fused_lstm_cell", &lstm_cell);
  m.impl("_thnn_fused_lstm_cell_backward_impl", &lstm_cell_backward);
  m.impl("_thnn_fused_gru_cell", &gru_cell);
  m.impl("_thnn_fused_gru_cell_backward", &gru_cell_backward);
  m.impl("_use_cudnn_ctc_loss", &no);
  m.impl("_use_cudnn_ctc_loss.Tensor", &no_tensor);
  m.impl("_use_miopen_ctc_loss", &no);
  m.impl("_use_miopen_ctc_loss.Tensor", &no_tensor);
  m.impl("_softmax", &softmax<&at::_softmax>);
  m.impl("_log_softmax", &softmax<&at::_log_softmax>);
  m.impl("_softmax_backward_data", &softmax_backward<&at::_softmax_backward_data>);
  m.impl("_log_softmax_backward_data", &softmax_backward<&at::_log_softmax_backward_data>);
  m.impl("_fused_dropout", &fused_dropout);
  for (const char* n : {"convolution", "convolution_backward"})
    m.impl(n, torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

PYBIND11_MODULE(_fakecuda, m) {
  pthread_atfork(nullptr, nullptr, [] { g_bad_fork = true; });
  m.def("in_bad_fork", [] { return g_bad_fork; });
  m.def("configure", [](int count, std::vector<std::string> lenient, std::vector<std::string> mixing, std::vector<std::string> syncing, std::vector<std::string> no_int) {
    g_count = count;
    g_lenient = {lenient.begin(), lenient.end()};
    g_mixing = {mixing.begin(), mixing.end()};
    g_waiting = {syncing.begin(), syncing.end()};
    g_no_integers = {no_int.begin(), no_int.end()};
  });
  m.def("listen", [](pybind11::object cb) {
    if (cb.is_none()) { g_listen = false; return; }
    Py_XDECREF(g_callback);
    g_callback = cb.ptr(); Py_INCREF(g_callback);
    g_listen = true;
  });
  m.def("kernels", [] { return g_kernels.load(); });
  m.def("current_device", [] { return (int)t_current; });
  m.def("set_device", [](int i) { if (i >= 0) t_current = i; });
}

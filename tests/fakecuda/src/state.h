// What all parts share: how many devices there are, which one is current, the rules, and the listener.
#pragma once
#include <ATen/ATen.h>
#include <torch/csrc/utils/pybind.h>

#include <atomic>
#include <string>
#include <unordered_set>

namespace fakecuda {
using at::Tensor;
using c10::Device;
using c10::DeviceIndex;
using c10::DeviceType;
using c10::Stream;

DeviceIndex g_count = 2;
thread_local DeviceIndex t_current = 0;
std::atomic<long> g_kernels{0};
bool g_listen = false;
PyObject* g_callback = nullptr;
std::unordered_set<std::string> g_lenient;  // operators that take CPU scalars of zero dimensions (TensorIterator)
std::unordered_set<std::string> g_mixing;   // operators that may mix devices
std::unordered_set<std::string> g_waiting;  // operators that wait for the device
std::unordered_set<std::string> g_no_integers;   // operators without integer kernels on CUDA

void tell(const char* kind, const std::string& name, int64_t bytes = 0) {
  if (!g_listen || !g_callback) return;
  pybind11::gil_scoped_acquire gil;
  PyObject* r = PyObject_CallFunction(g_callback, "ssL", kind, name.c_str(), (long long)bytes);
  if (!r) PyErr_Print();
  Py_XDECREF(r);
}

bool g_bad_fork = false;
void refuse_fork() {
  TORCH_CHECK(!g_bad_fork, "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start method");
}
}  // namespace fakecuda

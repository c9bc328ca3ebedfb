// libc's own functions, under the names that the simulation has taken.
#pragma once

#include <cerrno>

#include <dlfcn.h>
#include <unistd.h>

namespace detent::threads {

// libc's own function, or that of a sanitizer's runtime.
template <class Function> Function* real(const char* name)
{
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

#define DETENT_PRIVATE_REAL(name)                                                                                      \
  ([]() -> decltype(::name)* {                                                                                         \
    static decltype(::name)* const found = ::detent::threads::real<decltype(::name)>(#name);                           \
    return found;                                                                                                      \
  }())

// Not by way of libc's own: the clocks ask the kernel before a sanitizer's runtime is ready to look anything up.
inline long raw_syscall(long number, const long* a) noexcept
{
#if defined(__x86_64__)
  register long a3 __asm__("r10") = a[3];
  register long a4 __asm__("r8") = a[4];
  register long a5 __asm__("r9") = a[5];
  long result = number;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(a3), "r"(a4), "r"(a5)
                   : "rcx", "r11", "memory");
  if (result < 0 && result > -4096)
  {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
#else
  return DETENT_PRIVATE_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
#endif
}

} // namespace detent::threads

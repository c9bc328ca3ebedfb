// Goes from one fiber to another: Boost.Context's jump, which keeps the processor's guesses right.
//
// A processor guesses where a `ret` leads to from a stack of its own, one entry for each `call`. jump_fcontext is called
// and never returns there, so that after each jump every function between it and the program's loop is left by a wrong
// guess, some 20 cycles each. Here it is jumped to, with a return address that the processor has not seen: its stack
// stays as deep as the fiber's, and where both fibers are in the same code, as threads of one function often are, its
// guesses are right.
#pragma once

#include <boost/context/detail/fcontext.hpp>

namespace detent::threads {

// Returns when somebody jumps back. Where the running fiber goes on is stored at `leaves` by whoever it jumps to: see
// has_left().
[[gnu::always_inline]] inline void jump(
    boost::context::detail::fcontext_t to, boost::context::detail::fcontext_t& leaves) noexcept;

// What a new fiber does first.
inline void has_left(const boost::context::detail::transfer_t& from) noexcept
{
  *static_cast<boost::context::detail::fcontext_t*>(from.data) = from.fctx;
}

// A processor's shadow stack (CET) wants every return called.
#if defined(__x86_64__) && defined(__LP64__) && !defined(__CET__)

// What a call may change and this does, beside what is named below: registers of AVX-512, where the compiler uses them.
#if defined(__AVX512F__)
#define DETENT_PRIVATE_AVX512                                                                                          \
  , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27",        \
      "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define DETENT_PRIVATE_AVX512
#endif

// Below the stack pointer the function may keep 128 bytes without saying so.
[[gnu::always_inline]] inline void jump(
    boost::context::detail::fcontext_t to, boost::context::detail::fcontext_t& leaves) noexcept
{
  void* data = &leaves;
  boost::context::detail::transfer_t from;
  asm volatile("lea -128(%%rsp), %%rsp\n\t"
               "lea 1f(%%rip), %%rax\n\t"
               "push %%rax\n\t"
               "jmp *%[jump]\n"
               "1:\n\t"
               "lea 128(%%rsp), %%rsp"
               : "=&a"(from.fctx), "=&d"(from.data), "+D"(to), "+S"(data)
               : [jump] "r"(&boost::context::detail::jump_fcontext)
               : "rcx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc",
               "memory" DETENT_PRIVATE_AVX512);
  has_left(from);
}

#undef DETENT_PRIVATE_AVX512

#else

[[gnu::always_inline]] inline void jump(
    boost::context::detail::fcontext_t to, boost::context::detail::fcontext_t& leaves) noexcept
{
  has_left(boost::context::detail::jump_fcontext(to, &leaves));
}

#endif

} // namespace detent::threads

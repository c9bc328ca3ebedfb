// Detent's definition of Asio's compiled part.
//
// Include this in exactly one source file of the test executable, in place of
// <boost/asio/impl/src.hpp>:
//
//     #include <detent/asio/src.hpp>
//
// Everything in the program, and Boost.Asio in it, is compiled with BOOST_ASIO_SEPARATE_COMPILATION. The
// program then runs on the simulated machine. A Meson project gets this file through the dependency
// `detent-asio`.
//
// What is Detent's: the scheduler behind io_context, the timers' reactor, both strand services, cancellation slots,
// threads.
// What stays Asio's own, included from the installed headers: everything that does not touch the operating
// system (error categories, services, executors, addresses).
#pragma once

#if !defined(BOOST_ASIO_SEPARATE_COMPILATION)
#error                                                                                                                 \
    "Detent needs BOOST_ASIO_SEPARATE_COMPILATION for every source file: add -DBOOST_ASIO_SEPARATE_COMPILATION, or the dependency detent-asio-flags"
#endif

#include <detent/asio/port/version.hpp>

// The parts of the operating system's port that Detent defines itself: Asio's definitions of them are kept
// out by their include guards.
#define BOOST_ASIO_DETAIL_IMPL_SCHEDULER_IPP
#define BOOST_ASIO_DETAIL_IMPL_EPOLL_REACTOR_IPP
#define BOOST_ASIO_DETAIL_IMPL_EVENTFD_SELECT_INTERRUPTER_IPP
#define BOOST_ASIO_DETAIL_IMPL_POSIX_MUTEX_IPP
#define BOOST_ASIO_DETAIL_IMPL_POSIX_THREAD_IPP
#define BOOST_ASIO_DETAIL_IMPL_SIGNAL_SET_SERVICE_IPP
#define BOOST_ASIO_DETAIL_IMPL_STRAND_EXECUTOR_SERVICE_IPP
#define BOOST_ASIO_DETAIL_IMPL_STRAND_SERVICE_IPP
#define BOOST_ASIO_DETAIL_IMPL_TIMER_QUEUE_PTIME_IPP
#define BOOST_ASIO_IMPL_CANCELLATION_SIGNAL_IPP
#define BOOST_ASIO_IMPL_SYSTEM_CONTEXT_IPP
#define BOOST_ASIO_DETAIL_IMPL_THREAD_CONTEXT_IPP

#include <detent/asio/port/timer_queue.hpp> // first: specialisations precede every use

#include <boost/asio/impl/src.hpp>

#include <detent/threads/enabled.hpp>
#if DETENT_PRIVATE_VIRTUAL_THREADS
#include <detent/threads/sync.hpp>
#endif

#include <detent/asio/port/cancellation.hpp>
#include <detent/asio/port/startup.hpp>
#include <detent/asio/port/thread_context.hpp>
#include <detent/asio/port/reactor.hpp>
#include <detent/asio/port/timer_service.hpp>
#include <detent/asio/port/scheduler.hpp>
#include <detent/asio/port/signals.hpp>
#include <detent/asio/port/strands.hpp>
#include <detent/asio/port/threads.hpp>
#include <detent/asio/port/system_context.hpp>
#include <detent/asio/port/detached.hpp>
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
#include <detent/asio/port/tracking.hpp>
#endif
#include <detent/clocks/src.hpp>
#include <detent/sockets/names_src.hpp>
#include <detent/sockets/src.hpp>
#include <detent/threads/src.hpp>

// The tracked flavour: one identity in each of Asio's operations.
//
// Named by BOOST_ASIO_CUSTOM_HANDLER_TRACKING, Asio's own extension point. Asio then calls the functions
// below when an operation is created, completed or destroyed, and when a coroutine suspends. They keep who
// started each operation (its task) and, for a report, what it waits on; they write nothing. The class
// layouts change, so a binary is tracked throughout or not at all: the tag on scheduler_operation below
// makes a mixed link fail with "[abi:detent_tracked]" in the message.
//
// How a coroutine is known again: `co_await op` suspends through use_awaitable's do_init, which names its
// location while its frame is still attached. The flag has_context_switched lives in the entry point of the
// whole coroutine stack, so its address identifies the stack as long as it runs. co_spawn's own entry point
// names itself as the location's function, which shows where a stack starts.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

namespace boost {
namespace system {
class error_code;
}
namespace asio {
class any_io_executor;
class execution_context;
namespace detail {
class __attribute__((abi_tag("detent_tracked"))) scheduler_operation;
struct awaitable_thread_has_context_switched;
template <typename> class awaitable_frame_base;
} // namespace detail
namespace this_coro {
struct cancellation_state_t;
}
} // namespace asio
} // namespace boost

namespace detent {
class machine;
}

namespace detent::asio_port {

// What a location is named by where no coroutine frame is in sight.
struct no_frame
{
};

// A coroutine stack: the address that identifies it, its innermost frame, whether that is one over any_io_executor, and
// how to get an address in its cancellation state, null if nothing can cancel it.
struct coroutine_stack
{
  const void* identity;
  void* frame;
  bool usual;
  const void* (*cancellation)(void* frame);
};

inline coroutine_stack stack_of(no_frame) noexcept { return {nullptr, nullptr, false, nullptr}; }

template <class Frame, class Flag = boost::asio::detail::awaitable_thread_has_context_switched,
    class State = boost::asio::this_coro::cancellation_state_t>
coroutine_stack stack_of(Frame* frame) noexcept
{
  using usual = boost::asio::detail::awaitable_frame_base<boost::asio::any_io_executor>;
  constexpr auto cancellation = [](void* of) {
    // A cancellation_slot is one pointer, to a place in the state.
    const auto slot = static_cast<Frame*>(of)->await_transform(State{}).await_resume().slot();
    static_assert(sizeof slot == sizeof(void*));
    return std::bit_cast<const void*>(slot);
  };
  return {&frame->await_transform(Flag{}).await_resume(), frame, std::is_same_v<Frame, usual>, cancellation};
}

class tracking
{
public:
  struct tracked_handler
  {
    std::uint32_t task = 0;
    const void* stack = nullptr; // of the coroutine that awaits it
    std::uint64_t told = 0;      // what its start is in the recording

  protected:
    ~tracked_handler()
    {
      if (told != 0) [[unlikely]]
        destroyed(*this);
    }
  };

  class location
  {
  public:
    location(const coroutine_stack& in, const char* file, int line, const char* function);
    ~location();
    location(const location&) = delete;
    location& operator=(const location&) = delete;

    std::uint32_t task;
    const void* stack;
    const void* frame;                  // the innermost one; null once it is gone
    bool usual;                         // it is one over any_io_executor
    bool names_operation = false;       // of Asio, begun inside it
    std::unique_ptr<std::string> chain; // of those that await it, where lines are recorded
    const char* file;
    int line;
    const char* function;

  private:
    friend class tracking;

    void start_stack(machine& world, const coroutine_stack& in, bool entry_point);
    void note_chain();
    void note_unknown_operation(machine& world);

    location* outer_;
    std::uint32_t runs_in_; // the task that runs around a coroutine's start; none otherwise
  };

  class completion
  {
  public:
    explicit completion(tracked_handler& handler);
    ~completion();
    completion(const completion&) = delete;
    completion& operator=(const completion&) = delete;

    // An operation that is completed inside another one's initiation, a receive by a send, say: what is posted there is
    // the receiver's. Null elsewhere.
    const location* inside;
    std::uint32_t task;
    const void* stack;

    template <class... Arguments> void invocation_begin(const Arguments&...) noexcept {}
    void invocation_end() noexcept {}

  private:
    std::uint32_t before_;
  };

  static void init() noexcept {}
  static void creation(boost::asio::execution_context& context, tracked_handler& handler, const char* object_type,
      void* object, std::uintmax_t native_handle, const char* operation);
  static void operation(boost::asio::execution_context& context, const char* object_type, void* object,
      std::uintmax_t native_handle, const char* operation);

  static void destroyed(tracked_handler& handler) noexcept;

  // A coroutine's frame goes, and with it the wait for an operation that is not Asio's.
  static void frame_gone(const void* memory, std::size_t size) noexcept;

  template <class... Arguments> static void ignore(const Arguments&...) noexcept {}
};

} // namespace detent::asio_port

namespace boost {
namespace asio {
namespace detail {
// Found by BOOST_ASIO_HANDLER_LOCATION wherever no local `frame` hides it.
inline constexpr ::detent::asio_port::no_frame frame{};
} // namespace detail
} // namespace asio
} // namespace boost

#define DETENT_PRIVATE_UNPACK(...) __VA_ARGS__

#define BOOST_ASIO_INHERIT_TRACKED_HANDLER : public ::detent::asio_port::tracking::tracked_handler
#define BOOST_ASIO_ALSO_INHERIT_TRACKED_HANDLER , public ::detent::asio_port::tracking::tracked_handler
#define BOOST_ASIO_HANDLER_TRACKING_INIT ::detent::asio_port::tracking::init()
#define BOOST_ASIO_HANDLER_LOCATION(args)                                                                              \
  ::detent::asio_port::tracking::location tracked_location(                                                            \
      ::detent::asio_port::stack_of(frame), DETENT_PRIVATE_UNPACK args)
#define BOOST_ASIO_HANDLER_CREATION(args) ::detent::asio_port::tracking::creation args
#define BOOST_ASIO_HANDLER_COMPLETION(args) ::detent::asio_port::tracking::completion tracked_completion args
#define BOOST_ASIO_HANDLER_INVOCATION_BEGIN(args) tracked_completion.invocation_begin args
#define BOOST_ASIO_HANDLER_INVOCATION_END tracked_completion.invocation_end()
#define BOOST_ASIO_HANDLER_OPERATION(args) ::detent::asio_port::tracking::operation args
#define BOOST_ASIO_HANDLER_REACTOR_REGISTRATION(args) ::detent::asio_port::tracking::ignore args
#define BOOST_ASIO_HANDLER_REACTOR_DEREGISTRATION(args) ::detent::asio_port::tracking::ignore args
#define BOOST_ASIO_HANDLER_REACTOR_READ_EVENT 1
#define BOOST_ASIO_HANDLER_REACTOR_WRITE_EVENT 2
#define BOOST_ASIO_HANDLER_REACTOR_ERROR_EVENT 4
#define BOOST_ASIO_HANDLER_REACTOR_EVENTS(args) ::detent::asio_port::tracking::ignore args
#define BOOST_ASIO_HANDLER_REACTOR_OPERATION(args) ::detent::asio_port::tracking::ignore args

#include <detent/recording.hpp>

#include <detent/error.hpp>

#include <algorithm>
#include <cstring>

#include <sys/mman.h>

namespace detent {
namespace {

// Hands out aligned pieces of one mapping; with a null base it only measures.
class carver
{
public:
  explicit carver(void* base) : base_(static_cast<char*>(base)) {}

  template <class T> T* take(std::size_t count)
  {
    used_ = (used_ + 63) / 64 * 64;
    char* at = base_ ? base_ + used_ : nullptr;
    used_ += count * sizeof(T);
    return reinterpret_cast<T*>(at);
  }

  std::size_t used() const { return used_; }

private:
  char* base_;
  std::size_t used_ = 0;
};

} // namespace

recording::recording(level detail) : detail_(detail)
{
  const auto lay_out = [this](void* base) {
    carver memory(base);
    header_ = memory.take<recording_header>(1);
    sometimes_ = memory.take<sometimes_record>(sometimes_capacity);
    choices_ = memory.take<choice>(choice_capacity);
    tasks_ = memory.take<task_record>(task_capacity);
    if (full())
    {
      trace_ = memory.take<trace_event>(trace_capacity);
      accesses_ = memory.take<access_record>(access_capacity);
      overtakings_ = memory.take<overtaking_record>(overtaking_capacity);
    }
    if (reports())
    {
      steps_ = memory.take<step_record>(step_capacity);
      events_ = memory.take<event_record>(event_capacity);
      text_ = memory.take<char>(text_capacity);
    }
    return memory.used();
  };
  size_ = lay_out(nullptr);
  memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory_ == MAP_FAILED)
    throw usage_error(
        "no memory for the recording of a schedule (" + std::to_string(size_ >> 20) + " MiB of address space)",
        "raise the limit that `ulimit -v` shows");
  lay_out(memory_);
}

recording::~recording() { ::munmap(memory_, size_); }

void recording::clear() noexcept
{
  const std::uint64_t heartbeat = header_->heartbeat;
  std::memset(static_cast<void*>(header_), 0, offsetof(recording_header, hog));
  header_->hog[0] = header_->warnings[0] = header_->message[0] = '\0';
  header_->heartbeat = heartbeat;
  header_->failed_task = no_task;
  header_->text_used = 1; // offset 0 is the empty string
  clock_moved_ = false;
}

void recording::copy_from(const recording& other) noexcept
{
  const recording_header& from = *other.header_;
  std::memcpy(static_cast<void*>(header_), other.header_, offsetof(recording_header, message));
  std::memcpy(header_->message, from.message, sizeof from.message);
  std::copy_n(other.choices_, from.choices, choices_);
  std::copy_n(other.tasks_, from.tasks, tasks_);
  std::copy_n(other.trace_, from.trace_events, trace_);
  std::copy_n(other.accesses_, from.accesses, accesses_);
}

std::span<const sometimes_record> recording::sometimes() const noexcept
{
  std::size_t count = 0;
  while (count < sometimes_capacity && sometimes_[count].name[0] != '\0')
    ++count;
  return {sometimes_, count};
}

bool recording::note_sometimes(std::string_view name, bool condition) noexcept
{
  if (name.size() >= sometimes_record::name_capacity)
    return false;
  for (std::size_t i = 0; i < sometimes_capacity; ++i)
  {
    sometimes_record& known = sometimes_[i];
    if (known.name[0] == '\0')
      name.copy(known.name, name.size());
    if (known.name != name)
      continue;
    known.held = known.held || condition;
    return true;
  }
  return false;
}

std::span<const step_record> recording::steps() const noexcept
{
  return {steps_, reports() ? std::min<std::size_t>(header_->steps, step_capacity) : 0};
}

std::span<const event_record> recording::events_of(std::size_t step) const noexcept
{
  const auto all = steps();
  const std::size_t begin = step == 0 ? 0 : all[step - 1].first_event;
  const std::size_t end = step < all.size() ? all[step].first_event : header_->events;
  return {events_ + begin, events_ + end};
}

std::span<const access_record> recording::accesses_of(std::size_t event) const noexcept
{
  const std::size_t end = event + 1 < header_->trace_events ? trace_[event + 1].first_access : header_->accesses;
  return {accesses_ + trace_[event].first_access, accesses_ + end};
}

bool recording::add(const trace_event& event) noexcept
{
  if (header_->trace_events == trace_capacity)
    return false;
  trace_event& made = trace_[header_->trace_events++];
  made = event;
  made.first_access = header_->accesses;
  return true;
}

bool recording::add(const access_record& made) noexcept
{
  if (header_->trace_events == 0)
    return true; // before the first step nothing has a choice yet
  if (header_->accesses == access_capacity)
    return false;
  accesses_[header_->accesses++] = made;
  return true;
}

void recording::add(const overtaking_record& made) noexcept
{
  if (header_->overtakings < overtaking_capacity)
    overtakings_[header_->overtakings++] = made;
}

void recording::add(const step_record& step) noexcept
{
  if (header_->steps < step_capacity)
  {
    step_record& made = steps_[header_->steps];
    made = step;
    made.first_event = header_->events;
    made.clock_was_moved = clock_moved_;
  }
  clock_moved_ = false;
}

std::uint32_t recording::add(const event_record& event) noexcept
{
  if (header_->events == event_capacity)
    return 0;
  events_[header_->events++] = event;
  return header_->events;
}

std::uint32_t recording::store(std::string_view text) noexcept
{
  if (text.empty() || header_->text_used + text.size() + 1 > text_capacity)
    return 0;
  const std::uint32_t at = header_->text_used;
  std::memcpy(text_ + at, text.data(), text.size());
  text_[at + text.size()] = '\0';
  header_->text_used += static_cast<std::uint32_t>(text.size()) + 1;
  return at;
}

} // namespace detent

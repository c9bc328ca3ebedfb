// Tasks: who runs a step.
//
// A task is a causal chain of steps, named by the path of its spawns: "main", "main.1" (the first task that
// main spawned), "main.1.2". The path depends on what the program did, never on an address or a global
// counter, so a task has the same path in every schedule in which it does the same things.
//
// A task_table holds the tasks of one schedule. Its records are plain data in memory that the caller
// provides, so that they outlive a worker process that dies.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace detent {

using task_id = std::uint32_t;

inline constexpr task_id main_task = 0;
inline constexpr task_id no_task = 0xffffffff;

struct task_record
{
  task_id parent;
  std::uint32_t ordinal;    // 1 for the parent's first child
  std::uint32_t children;   // how many it has spawned so far
  std::uint32_t spawned_at; // number of the step that spawned it
  std::uint64_t label;      // hash of the path; equal in every schedule
  std::uint32_t steps;      // how many of its steps have begun
  std::uint32_t objects;    // how many objects it has declared
  std::int64_t waited;      // ns that its steps were ready before they began
  char name[32];            // from name_task(); empty for none, cut at 31 bytes
};

class task_table
{
public:
  explicit task_table(std::span<task_record> storage) noexcept : storage_(storage) { clear(); }

  // Forgets all tasks but "main".
  void clear() noexcept;

  // A new task below `parent`. When the storage is full the parent itself is returned: its steps then go
  // under the parent's name.
  task_id child(task_id parent, std::uint32_t step) noexcept;

  void name(task_id id, std::string_view text) noexcept;

  // One more step of the task begins; returns its label.
  std::uint64_t begin_step(task_id id) noexcept
  {
    task_record& task = storage_[id];
    ++task.steps;
    return task.label;
  }

  void waited(task_id id, std::int64_t time) noexcept { storage_[id].waited += time; }

  // A name for an object that the task makes: equal in every schedule in which it does the same.
  std::uint64_t name_object(task_id id) noexcept;

  std::uint32_t size() const noexcept { return size_; }
  std::span<const task_record> records() const noexcept { return storage_.first(size_); }
  const task_record& operator[](task_id id) const noexcept { return storage_[id]; }
  std::uint64_t label(task_id id) const noexcept { return storage_[id].label; }

private:
  std::span<task_record> storage_;
  std::uint32_t size_ = 0;
};

// "main.1.2", or the name given to the task: "producer".
std::string task_path(std::span<const task_record> tasks, task_id id);
std::string task_name(std::span<const task_record> tasks, task_id id);

} // namespace detent

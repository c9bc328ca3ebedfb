#include <detent/task.hpp>

#include <detent/random.hpp>

#include <algorithm>
#include <cstring>

namespace detent {

void task_table::clear() noexcept
{
  storage_[main_task] = task_record{.parent = no_task,
      .ordinal = 0,
      .children = 0,
      .spawned_at = 0,
      .label = mix(0x6d61696e),
      .steps = 0,
      .objects = 0,
      .waited = 0,
      .name = {}};
  size_ = 1;
}

task_id task_table::child(task_id parent, std::uint32_t step) noexcept
{
  if (size_ == storage_.size())
    return parent;
  task_record& from = storage_[parent];
  task_record& made = storage_[size_];
  made.parent = parent;
  made.ordinal = ++from.children;
  made.children = 0;
  made.spawned_at = step;
  made.label = mix(from.label, made.ordinal);
  made.steps = made.objects = 0;
  made.waited = 0;
  made.name[0] = '\0';
  return size_++;
}

std::uint64_t task_table::name_object(task_id id) noexcept
{
  task_record& by = storage_[id];
  return mix(~by.label, ++by.objects) | 1;
}

void task_table::name(task_id id, std::string_view text) noexcept
{
  char* to = storage_[id].name;
  const std::size_t length = std::min(text.size(), sizeof(storage_[id].name) - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

std::string task_path(std::span<const task_record> tasks, task_id id)
{
  if (id >= tasks.size())
    return "?";
  if (id == main_task)
    return "main";
  return task_path(tasks, tasks[id].parent) + "." + std::to_string(tasks[id].ordinal);
}

std::string task_name(std::span<const task_record> tasks, task_id id)
{
  return id < tasks.size() && tasks[id].name[0] ? tasks[id].name : task_path(tasks, id);
}

} // namespace detent

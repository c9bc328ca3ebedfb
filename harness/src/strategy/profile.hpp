// What strategies learn of a program from its first schedules: how many steps each task makes, and which objects each
// of those steps touches.
//
// Steps are known by their task's label and their number in the task, both stable across schedules. A prediction may
// be wrong in a schedule that takes another way; sampling then is less even, and nothing worse.
#pragma once

#include <detent/random.hpp>
#include <detent/recording.hpp>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace detent {

class profile
{
public:
  void learn(const recording& run);

  // How many steps the task makes, with all that it spawns; 1 if nothing is known.
  std::uint32_t steps(std::uint64_t task) const noexcept;

  // The most choices among steps that a schedule had.
  std::uint32_t choices() const noexcept { return choices_; }

  // What a step will probably touch.
  std::span<const access_record> footprint(std::uint64_t task, std::uint32_t number) const noexcept;

  // An object that several tasks touch and one writes, with a probability in proportion to its accesses; 0 if there is
  // none.
  std::uint64_t draw_object(generator& random) const noexcept;

  // How many steps of the task, with all that it spawns, touch the object.
  std::uint32_t steps_on(std::uint64_t object, std::uint64_t task) const noexcept;

private:
  struct task_facts
  {
    std::uint64_t parent = 0;
    std::uint32_t own_steps = 0;
    std::uint32_t all_steps = 0;
  };

  struct object_facts
  {
    std::uint64_t first_task = 0;
    bool shared = false;
    bool written = false;
    std::uint32_t accesses = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> own_steps; // by task
    std::unordered_map<std::uint64_t, std::uint32_t> all_steps;
  };

  void learn_tasks(const recording& run);
  void learn_accesses(const recording& run);

  std::unordered_map<std::uint64_t, task_facts> tasks_;
  std::vector<std::uint64_t> order_; // of tasks: each after its parent
  std::unordered_map<std::uint64_t, std::vector<access_record>> footprints_;
  std::unordered_map<std::uint64_t, object_facts> objects_;
  std::vector<std::uint64_t> object_order_;
  std::uint64_t interesting_ = 0; // accesses to shared objects that are written
  std::uint32_t choices_ = 0;
};

} // namespace detent

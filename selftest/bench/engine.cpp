// The engine alone: ns a step of a machine with three tasks that each push themselves again.
//
//     engine zero|random STEPS
#include <detent/clock.hpp>
#include <detent/machine.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int, char** argv)
{
  const bool random = std::strcmp(argv[1], "random") == 0;
  const auto steps = static_cast<std::uint64_t>(std::atoll(argv[2]));
  detent::recording recording;
  detent::machine world;
  const auto strategy = detent::make_strategy("random");
  const detent::machine::scope current(world);
  double total = 0;
  constexpr int schedules = 100;
  for (int schedule = 0; schedule <= schedules; ++schedule)
  {
    strategy->begin(static_cast<std::uint64_t>(schedule), 0);
    world.begin({.order = random ? detent::order::any : detent::order::fifo,
                    .max_steps = ~0ull,
                    .max_steps_per_instant = ~0ull},
        random ? strategy.get() : nullptr, &recording);
    detent::lane lane(false);
    world.open(lane);
    detent::task_id tasks[3];
    for (detent::task_id& task : tasks)
    {
      world.adopt(task);
      world.push(lane, &task, task);
    }
    const auto start = detent::wall_clock::now();
    for (std::uint64_t i = 0; i < steps; ++i)
    {
      auto& task = *static_cast<detent::task_id*>(world.next(lane, detent::machine::forever));
      world.adopt(task);
      world.push(lane, &task, task);
      world.end_step();
    }
    if (schedule > 0)
      total += std::chrono::duration<double, std::nano>(detent::wall_clock::now() - start).count();
  }
  std::printf("%f\n", total / static_cast<double>(steps) / schedules);
}
